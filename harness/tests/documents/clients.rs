//! `docs/sources.md`: whether the versions of clients are those that `tests/clients` installs.

use serde_json::Value;

use crate::{document, text};

/// Returns the packages of `registry` that `page` names, with their versions: "npm `starknet` 10.8.0".
fn packages<'a>(page: &'a str, registry: &str) -> Vec<(&'a str, &'a str)> {
    let rows = document::table(page, "| name here | package | held to by |");
    let named = rows.into_iter().flat_map(|row| row[1].split(", "));
    let registry = format!("{registry} `");
    named.filter_map(|it| it.strip_prefix(&*registry)?.split_once("` ")).collect()
}

#[test]
fn the_page_of_sources_has_the_versions_that_the_clients_tests_install() {
    let page = text("docs/sources.md");
    let lock: Value = serde_json::from_str(&text("tests/clients/javascript/package-lock.json"))
        .expect("the lock is JSON");
    let npm = packages(&page, "npm");
    for (name, version) in &npm {
        let locked = &lock["packages"][format!("node_modules/{name}")]["version"];
        assert_eq!(locked, version, "docs/sources.md: {name}");
    }
    let requirements = text("tests/clients/python/requirements.txt");
    let pypi = packages(&page, "PyPI");
    for (name, version) in &pypi {
        let pin = format!("{name}=={version}");
        assert!(requirements.lines().any(|line| line == pin), "docs/sources.md: not {pin}");
    }
    assert_eq!((npm.len(), pypi.len()), (2, 2), "it names {npm:?} and {pypi:?}");
}
