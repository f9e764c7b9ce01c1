//! `docs/audit.md`: what is under review, what is in scope, what the invariants rest on, and which tests show it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::document;
use crate::findings::{self, Suites};

/// Returns what is wrong with what `text` says of the class, which `manifest` describes.
pub fn class(text: &str, manifest: &Value) -> Vec<String> {
    let field = |name: &str| manifest[name].as_str().unwrap_or_default();
    let cairo = field("compiler").trim_start_matches("cairo ");
    let rows = [
        format!("| class hash | `{}` |", field("class_hash")),
        format!("| compiled class hash | `{}` |", field("compiled_class_hash")),
        format!("| compiler | Cairo {cairo}, Sierra {} |", field("sierra")),
    ];
    let missing = rows.iter().filter(|row| !text.lines().any(|line| line == **row));
    missing.map(|row| format!("the manifest has it otherwise: {row}")).collect()
}

/// Returns what is wrong with the scope in `text`: a file of `files` that is not in its table once, another one that
/// is, and a wrong number of files.
pub fn scope(text: &str, files: &[String]) -> Vec<String> {
    let rows = document::table(text, "| files | hold |");
    let named = rows.iter().flat_map(|row| document::code(row[0]));
    let mut problems = document::once(named, files.iter().map(String::as_str));
    let count = format!(" {} files, counted by ", files.len());
    if !document::one_line(text).contains(&count) {
        problems.push(format!("it does not say:{count}"));
    }
    problems
}

/// Returns what the table of invariants in `text` rests on that is none of `rules`.
pub fn invariants(text: &str, rules: &BTreeSet<String>) -> Vec<String> {
    let rows = document::table(text, "| invariant | rests on rules |");
    let ids = rows.iter().flat_map(|row| row[1].split(", ")).flat_map(ids);
    ids.filter(|id| !rules.contains(id)).map(|id| format!("{id} is no rule")).collect()
}

/// Returns the ids that `text` stands for: itself, or those of a range like `P-4 to P-16`.
fn ids(text: &str) -> Vec<String> {
    let split = |id: &'_ str| -> Option<(String, u16)> {
        let (kind, number) = id.rsplit_once('-')?;
        Some((kind.to_owned(), number.parse().ok()?))
    };
    let range = text.split_once(" to ").and_then(|(from, to)| Some((split(from)?, split(to)?)));
    match range {
        Some(((kind, from), (other, to))) if kind == other && from < to => {
            (from..=to).map(|number| format!("{kind}-{number}")).collect()
        }
        _ => vec![text.to_owned()],
    }
}

/// Returns how many findings `text` should say that the page `list` has, and does not.
pub fn counts(text: &str, list: &str) -> Vec<String> {
    let said = [
        ('A', "findings of four automated scans"),
        ('O', "of our own on it and its fork"),
        ('H', "in the account"),
        ('N', "in the tools"),
    ];
    let text = document::one_line(text);
    let said = said.map(|(source, what)| format!(" {} {what}", findings::count(list, source)));
    let missing = said.iter().filter(|said| !text.contains(*said));
    missing.map(|said| format!("it does not say:{said}")).collect()
}

/// Returns what `text` names like a test and is none of `suites`.
pub fn unknown_tests(text: &str, suites: &Suites) -> Vec<String> {
    let named = document::code(text).filter(|it| it.contains("::"));
    let unknown = named.filter(|test| !findings::is_test(test, suites));
    unknown.map(|test| format!("{test} is no test")).collect()
}

/// Returns the files of Cairo below `folder`, as paths from it.
pub fn cairo_files(folder: &Path) -> Vec<String> {
    fn collect(folder: &Path, path: &str, files: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let entry = entry.expect("it can be read");
            let name = format!("{path}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                collect(&entry.path(), &format!("{name}/"), files);
            } else if name.ends_with(".cairo") {
                files.push(name);
            }
        }
    }
    let mut files = vec![];
    collect(folder, "", &mut files);
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_class_is_the_manifests() {
        let manifest = json!({
            "class_hash": "0x1", "compiled_class_hash": "0x2", "compiler": "cairo 2.1", "sierra": "1.7",
        });
        let page = "| class hash | `0x1` |\n| compiled class hash | `0x2` |\n| compiler | Cairo 2.1, Sierra 1.7 |";
        assert_eq!(class(page, &manifest), [""; 0]);
        for (right, wrong) in
            [("`0x1`", "`0x3`"), ("`0x2`", "`0x3`"), ("2.1", "2.2"), ("1.7", "1.8")]
        {
            assert_eq!(class(&page.replace(right, wrong), &manifest).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn the_scope_is_every_file_once() {
        let page = "In scope: 2 files,\ncounted by `wc`.\n| files | hold |\n| --- | --- |\n\
                    | `a.cairo` | a |\n| `b/c.cairo` | `d.cairo` |";
        let files = ["a.cairo", "b/c.cairo"].map(str::to_owned);
        assert_eq!(scope(page, &files), [""; 0]);
        assert_eq!(scope(page, &files[..1]).len(), 2, "the file and the number are wrong");
        assert_eq!(scope(&page.replace("a.c", "b/c.c"), &files).len(), 2, "one twice, one missing");
        assert_eq!(
            scope(&page.replace("2 files", "12 files"), &files),
            ["it does not say: 2 files, counted by "]
        );
    }

    #[test]
    fn invariants_rest_on_rules() {
        let rules = ["A1-2", "P-1", "P-2", "P-3", "S-1"].map(str::to_owned).into();
        let of = |cell| {
            let page =
                format!("| invariant | rests on rules |\n| --- | --- |\n| I-1 so | {cell} |");
            invariants(&page, &rules)
        };
        assert_eq!(of("A1-2, P-1 to P-3, S-1"), [""; 0]);
        assert_eq!(of("S-11, P-2 to P-4"), ["S-11 is no rule", "P-4 is no rule"]);
        for wrong in ["P-3 to P-1", "P-1 to S-1", "P-1 to", ""] {
            assert_eq!(of(wrong).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn findings_are_as_many_as_the_list_has() {
        let list = "| A1-1, A1-2 | Low | x | y | `a` |\n| O-1 | Low | x | y | `a` |\n\
                    | H-1 | Low | x | y | `a` |\n| N-1 | Low | x | y | `a` |";
        let page = "It lists: 2 findings of\nfour automated scans, 1 of our own on it and its fork, 1 in the account, \
                    1 in the tools";
        assert_eq!(counts(page, list), [""; 0]);
        assert_eq!(counts(&page.replace("1 in the", "11 in the"), list).len(), 2);
        assert_eq!(counts(&page.replace("2 f", "3 f"), list).len(), 1);
    }

    #[test]
    fn a_test_is_one_of_a_suite_that_there_is() {
        let suites = Suites::from([("rules", BTreeSet::from(["a::b".to_owned()]))]);
        assert_eq!(unknown_tests("`rules::a::b`, `find`", &suites), [""; 0]);
        for wrong in ["rules::a::c", "ruls::a::b", "a::b"] {
            assert_eq!(
                unknown_tests(&format!("`{wrong}`"), &suites),
                [format!("{wrong} is no test")]
            );
        }
    }
}
