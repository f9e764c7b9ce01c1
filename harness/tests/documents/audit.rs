//! `docs/audit.md`: what is under review, and what is in scope.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::document;
use crate::findings::{self, Suites};

/// Returns what is wrong with the page `text`: a hash that is not that of `manifest`, a file of the contract or an
/// entry point of `abi` that is in no row of its table, and a test of a suite that is not there.
pub fn problems(
    text: &str,
    manifest: &Value,
    files: &[String],
    abi: &Value,
    suites: &Suites,
) -> Vec<String> {
    let mut problems = vec![];
    for name in ["class_hash", "compiled_class_hash"] {
        let label = name.replace('_', " ");
        let row = format!("| {label} | `{}` |", manifest[name].as_str().unwrap_or_default());
        if !text.lines().any(|line| line == row) {
            problems.push(format!("the {label} is not the manifest's: {row}"));
        }
    }
    let code = document::code(text).collect::<BTreeSet<_>>();
    let missing = |name: &&String| !code.contains(name.as_str());
    problems.extend(files.iter().filter(missing).map(|file| format!("{file} is in no scope")));
    let functions = functions(abi);
    problems.extend(functions.iter().filter(missing).map(|it| format!("who may call {it}?")));
    let unknown = code.iter().filter(|it| findings::is_unknown(it, suites));
    problems.extend(unknown.map(|test| format!("{test} is no test")));
    problems
}

/// Returns the names of the functions of `abi`, the constructor included.
fn functions(abi: &Value) -> Vec<String> {
    let entries = abi.as_array().into_iter().flatten();
    entries
        .flat_map(|entry| {
            [entry].into_iter().chain(entry["items"].as_array().into_iter().flatten())
        })
        .filter(|item| item["type"] == "function" || item["type"] == "constructor")
        .filter_map(|item| item["name"].as_str().map(str::to_owned))
        .collect()
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
    fn hashes_files_functions_and_tests_are_held_to_what_there_is() {
        let manifest = json!({ "class_hash": "0x1", "compiled_class_hash": "0x2" });
        let files = ["lib.cairo".to_owned()];
        let abi = json!([
            { "type": "constructor", "name": "constructor" },
            { "type": "interface", "items": [{ "type": "function", "name": "pay" }] },
        ]);
        let suites = Suites::from([("rules", BTreeSet::from(["a::b".to_owned()]))]);
        let problems = |text: &str| problems(text, &manifest, &files, &abi, &suites);
        let page = "| class hash | `0x1` |\n| compiled class hash | `0x2` |\n\
                    `lib.cairo` `constructor` `pay` `rules::a::b` `other::thing`";
        assert_eq!(problems(page), [""; 0]);
        assert_eq!(
            problems(&page.replace("`0x1`", "`0x3`")),
            ["the class hash is not the manifest's: | class hash | `0x1` |"]
        );
        assert_eq!(problems(&page.replace("lib.", "")), ["lib.cairo is in no scope"]);
        assert_eq!(problems(&page.replace("`pay`", "pay")), ["who may call pay?"]);
        assert_eq!(problems(&page.replace("a::b", "a::c")), ["rules::a::c is no test"]);
    }
}
