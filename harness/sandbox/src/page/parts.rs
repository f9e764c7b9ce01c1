//! Renders the small parts of which the page's sections are made: times, felts, and texts to copy.

use maud::{Markup, html};
use starknet_rust::core::types::Felt;

use super::super::words;

pub fn time(time: u64) -> Markup {
    let date = words::date(time);
    html! { time datetime=(format!("{}Z", date.replace(' ', "T"))) { (date) } }
}

/// Shows the beginning and the end of `felt`. The whole felt is shown where the row is opened.
pub fn short(felt: Felt) -> Markup {
    html! { code.short title=(format!("{felt:#x}")) { (words::shortened(felt)) } }
}

/// Shows a text in which no felt breaks of which only the beginning and the end are shown.
pub fn unbroken(text: &str) -> Markup {
    html! {
        @for (index, word) in text.split(' ').enumerate() {
            @if index > 0 { " " }
            @if word.contains('…') { span.short { (word) } } @else { (word) }
        }
    }
}

/// Shows a whole text, with a button that copies it.
pub fn whole(text: impl AsRef<str>, what: &str) -> Markup {
    html! {
        span.whole {
            code { (text.as_ref()) }
            " "
            (copy(what))
        }
    }
}

/// Shows whole lines in a box that can be scrolled by keyboard, with a button that copies them.
pub fn lines(text: &str, what: &str) -> Markup {
    boxed("lines", text, what)
}

/// Shows data as [`lines`] does; it may break at any character.
pub fn data(text: &str, what: &str) -> Markup {
    boxed("lines data", text, what)
}

/// Shows a refusal whole, however long it is.
pub fn refusal(text: &str, what: &str) -> Markup {
    boxed("lines refusal", text, what)
}

fn boxed(class: &str, text: &str, what: &str) -> Markup {
    html! {
        div class=(class) {
            pre tabindex="0" role="region" aria-label=(what) { (text) }
            (copy(what))
        }
    }
}

fn copy(what: &str) -> Markup {
    html! { button.copy type="button" aria-label=(format!("Copy {what}")) { "Copy" } }
}
