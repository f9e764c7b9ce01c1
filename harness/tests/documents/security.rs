//! `SECURITY.md`: whether each note that its table points at is there, and names tests.

use std::collections::BTreeSet;

use crate::{document, suites, text};

/// Returns the numbers that `text` points at, as in `[7]`.
fn pointed_at(text: &str) -> BTreeSet<u32> {
    let brackets = text.split('[').skip(1).filter_map(|it| it.split_once(']'));
    brackets.filter_map(|(number, _)| number.parse().ok()).collect()
}

/// Returns the numbers of the items of `text` that begin with a test, as in "7. `caps::...`".
fn notes(text: &str) -> Vec<u32> {
    let items = text.lines().filter_map(|line| line.split_once(". `"));
    items.filter(|(_, it)| it.contains("::")).filter_map(|(it, _)| it.parse().ok()).collect()
}

/// Says whether the notes of `text` are numbered from 1 on, and are those that it points at.
fn has_its_notes(text: &str) -> bool {
    let notes = notes(text);
    notes.iter().copied().eq(1..=notes.len() as u32)
        && pointed_at(text) == notes.into_iter().collect()
}

#[test]
fn every_note_of_the_security_page_is_there() {
    let text = text("SECURITY.md");
    assert!(notes(&text).len() > 5, "{:?}", notes(&text));
    assert!(has_its_notes(&text), "SECURITY.md: {:?}, not {:?}", pointed_at(&text), notes(&text));
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let text = text("SECURITY.md");
    let named: Vec<_> = document::code(&text).filter(|it| it.contains("::")).collect();
    assert!(named.len() > 10, "it names {named:?}");
    let rust = suites().rust;
    let unknown: Vec<_> = named.into_iter().filter(|it| !rust.contains(*it)).collect();
    assert!(unknown.is_empty(), "SECURITY.md names what is no Rust test: {unknown:?}");
}

#[test]
fn a_note_that_is_missing_or_that_nothing_points_at_is_wrong() {
    let page = "| x [1] | y [2] |\n\n1. `a::b`\n2. `a::c`,\n   `a::d`\n";
    assert!(has_its_notes(page));
    for (right, wrong) in
        [("2. ", "3. "), ("[2]", "[3]"), ("[2]", ""), ("`a::c`", "none"), ("2. ", "1. ")]
    {
        assert!(!has_its_notes(&page.replacen(right, wrong, 1)), "{wrong} for {right}");
    }
}
