//! The tests that a suite's sources hold, Rust or Cairo: what is compiled and not ignored.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The tests of the crate whose first file is `root`, as `module::test`.
pub fn tests(root: &Path) -> BTreeSet<String> {
    let folder = root.parent().expect("a file is in a folder");
    let mut tests = BTreeSet::new();
    collect(root, folder, "", &mut tests);
    tests
}

/// Returns the tests of Node's runner in the files of `folder`, as `file::what it says`.
pub fn node_tests(folder: &Path) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        let Some(file) = name.strip_suffix(".test.mjs") else { continue };
        let text = fs::read_to_string(&path).expect("it can be read");
        let titles =
            text.lines().filter_map(|line| line.strip_prefix("test(\"")?.split('"').next());
        tests.extend(titles.map(|title| format!("{file}::{title}")));
    }
    tests
}

/// `folder` is where the modules of `file` are.
fn collect(file: &Path, folder: &Path, module: &str, tests: &mut BTreeSet<String>) {
    let text = fs::read_to_string(file).unwrap_or_else(|_| panic!("no {}", file.display()));
    let Source { modules, tests: found } = source(&text);
    tests.extend(found.into_iter().map(|test| format!("{module}{test}")));
    let extension = file.extension().expect("a source has an extension");
    for name in modules {
        let file = folder.join(&name).with_extension(extension);
        collect(&file, &folder.join(&name), &format!("{module}{name}::"), tests);
    }
}

#[derive(Debug, Default, PartialEq)]
struct Source {
    modules: Vec<String>,
    tests: Vec<String>,
}

fn source(text: &str) -> Source {
    let mut source = Source::default();
    let (mut is_test, mut is_ignored) = (false, false);
    for line in text.lines().map(str::trim) {
        let item = line.trim_start_matches("pub ").trim_start_matches("async ");
        if let Some(name) = item.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
            source.modules.push(name.to_owned());
        } else if let Some(rest) = item.strip_prefix("fn ") {
            if is_test && !is_ignored {
                source.tests.push(rest.chars().take_while(|it| is_of_a_name(*it)).collect());
            }
            (is_test, is_ignored) = (false, false);
        }
        is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        is_ignored |= line.starts_with("#[ignore");
    }
    source
}

fn is_of_a_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_both_languages_are_found_and_ignored_ones_are_not() {
        let text = "mod a;\n#[cfg(test)]\npub mod b;\nfn helper() {}\n\
                    #[tokio::test]\nasync fn one() {}\n\
                    #[test]\n#[fuzzer(runs: 9)]\n#[should_panic(expected: 'no')]\nfn two(r: felt252) {}\n\
                    #[ignore]\n#[test]\nfn three() {}\n// #[test]\nfn four() {}\n#[test]\nfn five() {}";
        let modules = ["a", "b"].map(str::to_owned).to_vec();
        let tests = ["one", "two", "five"].map(str::to_owned).to_vec();
        assert_eq!(source(text), Source { modules, tests });
    }
}
