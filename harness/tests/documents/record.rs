//! `docs/architecture.md`: whether its picture of a session's record is the contract's.

use crate::{document, text};

/// A field of a record: in which half it is, the first word of its name, the bit with which it begins, and
/// its width.
type Field = (String, String, u32, u32);

/// Returns the field of the cells `half`, `name`, `offset` and `width`.
fn field(half: &str, name: &str, offset: &str, width: &str) -> Field {
    let word = name.split([' ', ',', ':']).next().unwrap_or_default();
    let number = |cell: &str| cell.parse().expect("an offset or a width is a number");
    (half.to_owned(), word.to_owned(), number(offset), number(width))
}

/// Returns the fields that the documentation of `Record` has; `None` if one begins before the one before it
/// ends, or ends beyond its half.
fn fields_of_the_contract(source: &str) -> Option<Vec<Field>> {
    let source = source.replace("/// ", "");
    let rows = document::table(&source, "| half | offset | width | field |");
    let mut end = (String::new(), 0);
    let fields = rows.iter().map(|row| {
        let (half, name, offset, width) = field(row[0], row[3], row[1], row[2]);
        let least = if half == end.0 { end.1 } else { 0 };
        end = (half.clone(), offset + width);
        (least <= offset && end.1 <= 128).then_some((half, name, offset, width))
    });
    fields.collect()
}

/// Returns the fields that the page has.
fn fields_of_the_page(page: &str) -> Vec<Field> {
    let rows = document::table(page, "| half | field | from bit | bits | when the session ends |");
    rows.iter().map(|row| field(row[0], row[1], row[2], row[3])).collect()
}

#[test]
fn the_page_of_the_architecture_has_the_contracts_record() {
    let page = text("docs/architecture.md");
    let fields = fields_of_the_contract(&text("contracts/src/session/record.cairo"));
    let fields = fields.expect("no field reaches into the next one or out of its half");
    assert_eq!(fields_of_the_page(&page), fields);
    let bits: u32 = fields.iter().map(|field| field.3).sum();
    let bits = format!("[below](#the-record), {} fields, {bits} of 251 bits |", fields.len());
    assert!(page.contains(&bits), "docs/architecture.md does not say: {bits}");
}

#[test]
fn no_field_reaches_into_the_next_one_or_out_of_its_half() {
    let head = "/// | half | offset | width | field |\n/// | --- | ---: | ---: | --- |\n";
    let fields = |offset: u32| {
        let rows = format!(
            "/// | low | 0 | 40 | `a`: x |\n/// | low | {offset} | 1 | b |\n/// | high | 0 | 2 | c |"
        );
        fields_of_the_contract(&format!("{head}{rows}"))
    };
    for offset in [40, 41, 127] {
        let expected = [
            field("low", "`a`", "0", "40"),
            field("low", "b", &offset.to_string(), "1"),
            field("high", "c", "0", "2"),
        ];
        assert_eq!(fields(offset), Some(expected.to_vec()));
    }
    assert_eq!((fields(39), fields(128)), (None, None));
}
