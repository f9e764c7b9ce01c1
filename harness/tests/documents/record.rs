//! `docs/architecture.md`: whether its picture of a session's record is the contract's.

use crate::{document, text};

/// A field of a record: in which half it is, the first word of its name, and its width.
type Field = (String, String, u32);

/// Returns the field of the cells `half`, `name` and `width`.
fn field(half: &str, name: &str, width: &str) -> Field {
    let word = name.split([' ', ',', ':']).next().unwrap_or_default();
    (half.to_owned(), word.to_owned(), width.parse().expect("a width is a number"))
}

/// Returns the fields that the documentation of `Record` has; `None` if one does not begin where the one before it
/// ends.
fn fields_of_the_contract(source: &str) -> Option<Vec<Field>> {
    let source = source.replace("/// ", "");
    let rows = document::table(&source, "| half | offset | width | field |");
    let mut end = (String::new(), 0);
    let fields = rows.iter().map(|row| {
        let of = field(row[0], row[3], row[2]);
        let begins = if of.0 == end.0 { end.1 } else { 0 };
        end = (of.0.clone(), begins + of.2);
        (row[1] == begins.to_string()).then_some(of)
    });
    fields.collect()
}

/// Returns the fields that the page has.
fn fields_of_the_page(page: &str) -> Vec<Field> {
    let rows = document::table(page, "| half | field | bits | when the session ends |");
    rows.iter().map(|row| field(row[0], row[1], row[2])).collect()
}

#[test]
fn the_page_of_the_architecture_has_the_contracts_record() {
    let page = text("docs/architecture.md");
    let fields = fields_of_the_contract(&text("contracts/src/session/record.cairo"));
    let fields = fields.expect("each field begins where the one before it ends");
    assert_eq!(fields_of_the_page(&page), fields);
    let high: u32 = fields.iter().filter(|(half, ..)| half == "high").map(|field| field.2).sum();
    let bits = format!("[below](#the-record), {} bits |", 128 + high);
    assert!(page.contains(&bits), "docs/architecture.md does not say: {bits}");
}

#[test]
fn a_field_begins_where_the_one_before_it_ends() {
    let head = "/// | half | offset | width | field |\n/// | --- | ---: | ---: | --- |\n";
    let fields = |offset: u32| {
        let rows = format!(
            "/// | low | 0 | 40 | `a`: x |\n/// | low | {offset} | 1 | b |\n/// | high | 0 | 2 | c |"
        );
        fields_of_the_contract(&format!("{head}{rows}"))
    };
    let expected = [("low", "`a`", "40"), ("low", "b", "1"), ("high", "c", "2")];
    assert_eq!(
        fields(40),
        Some(expected.map(|(half, name, bits)| field(half, name, bits)).to_vec())
    );
    assert_eq!(fields(41), None);
}
