//! Renders a card for each session, with what is left of it.

use maud::{Markup, html};
use session_client::Fri;
use starknet_rust::core::types::{Felt, U256};

use super::super::accounts::TOKENS;
use super::super::sessions::{Policy, Session, State};
use super::super::words;
use super::parts::{short, time, whole};

pub fn section(sessions: &[Session]) -> Markup {
    html! {
        section #sessions aria-labelledby="sessions-title" {
            h2 #sessions-title { "Sessions" }
            @if sessions.is_empty() {
                p { "None is registered yet." }
            }
            div.cards { @for session in sessions { (card(session)) } }
        }
    }
}

fn card(session: &Session) -> Markup {
    let id = format!("session-{:x}-{:x}", session.account, session.session_key);
    let key = format!("{:#x}", session.session_key);
    html! {
        article id=(id) class=(if session.is_active { "active" } else { "ended" }) {
            h3 { (badge(session.state)) " Session " (short(session.session_key)) }
            @if session.state == State::Revoked {
                p { "It can do nothing any more." }
            } @else {
                p.left {
                    strong { (session.remaining_calls) " of " (session.max_calls) " left" }
                    ", "
                    strong { (until(session)) }
                }
                (bar("transactions left", session.remaining_calls, session.max_calls))
                dl {
                    dt { "Until" } dd { (time(session.valid_until)) " UTC" }
                    dt { "May call" } dd { (allowed(session)) }
                    @for policy in &session.policies {
                        dt { (token(policy)) } dd { (cap(policy, session.read_at)) }
                    }
                    dt { "Fees" } dd { (fees(session.fee_limit)) }
                }
            }
            details {
                summary { "Key and account" }
                dl {
                    dt { "Key" } dd { (whole(&key, "the session's key")) }
                    dt { "Account" }
                    dd { (whole(format!("{:#x}", session.account), "the session's account")) }
                }
            }
        }
    }
}

fn until(session: &Session) -> String {
    match session.state {
        State::Expired => "ended".to_owned(),
        _ => {
            let left = session.valid_until.saturating_sub(session.read_at);
            format!("{} left", words::duration(left))
        }
    }
}

/// Returns what a session may call, as far as the sandbox keeps its list.
fn allowed(session: &Session) -> Markup {
    let length = usize::try_from(session.allowed_len).unwrap_or(usize::MAX);
    let more = length.saturating_sub(session.allowed.len());
    html! {
        @if length == 0 {
            "anything but the account itself"
        } @else {
            ul {
                @for entry in &session.allowed { li { (named(entry)) } }
                @if more > 0 { li { (more) " more" } }
            }
        }
    }
}

/// Replaces the addresses of known tokens in `entry` by their names.
pub fn named(entry: &str) -> String {
    let named =
        |text: String, (name, token): &(&str, Felt)| text.replace(&format!("{token:#x}"), name);
    TOKENS.iter().fold(entry.to_owned(), named)
}

fn token(policy: &Policy) -> String {
    words::name_of(policy.token).map_or_else(|| format!("{:#x}", policy.token), str::to_owned)
}

fn cap(policy: &Policy, now: u64) -> Markup {
    let shown = |amount| words::amount(policy.token, amount);
    let (spent, most) = (policy.policy.spent_at(now), policy.policy.max_per_window);
    // The owner may have lowered the maximum below what is spent.
    let left = if spent < most { most - spent } else { U256::from(0_u8) };
    html! {
        (shown(spent)) " of " (shown(most)) " spent, up to " (shown(policy.policy.max_per_call)) " a call; "
        @match policy.window_end {
            Some(end) => { "reopens in " (words::duration(end.saturating_sub(now))) ", " (time(end)) " UTC" }
            None => { "a window lasts " (words::duration(policy.policy.window_seconds)) }
        }
        // The bar counts in thousandths, since a u256 does not fit the numbers of HTML.
        (bar(&format!("{} left in this window", shown(left)), words::share(left, most).into(), 1_000))
    }
}

/// Shows how much is left: every bar of a card is full at first, and says what it measures.
fn bar(what: &str, left: u32, most: u32) -> Markup {
    html! { label.bar { (what) progress max=(most) value=(left) {} } }
}

fn fees(limit: Option<Fri>) -> String {
    match limit {
        None => "no limit: the account pays for its own transactions".to_owned(),
        Some(Fri(0)) => {
            "none of the account's own: through relayers and paymasters alone".to_owned()
        }
        Some(Fri(limit)) => format!("up to {} for each transaction", words::fee(limit)),
    }
}

fn badge(state: State) -> Markup {
    let (class, text) = match state {
        State::Active => ("good", "active"),
        State::Expired => ("over", "expired"),
        State::UsedUp => ("over", "used up"),
        State::Revoked => ("over", "revoked"),
    };
    html! { span.badge.(class) { (text) } }
}
