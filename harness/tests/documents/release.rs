//! Whether the newest release is the same in every place: its version, the hash of its class, and its compiler.

use serde_json::Value;

use crate::{document, text};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns the newest entry of a changelog: its heading, and what stands below it.
fn newest(changelog: &str) -> Option<(&str, &str)> {
    let (_, entry) = changelog.split_once("\n## ")?;
    let entry = entry.split("\n## ").next()?;
    entry.split_once('\n')
}

#[test]
fn the_changelog_begins_with_this_version_and_this_class() {
    let changelog = text("CHANGELOG.md");
    let (heading, body) = newest(&changelog).expect("an entry");
    assert!(heading.starts_with(&format!("[{VERSION}] - ")), "{heading} is not of {VERSION}");
    let manifest = serde_json::from_str(&text("artifacts/manifest.json")).expect("it is JSON");
    let [first, other] = class(&manifest);
    let body = document::one_line(body);
    assert!(body.starts_with(&first), "CHANGELOG.md: {VERSION} does not begin with: {first}");
    let mut made = body.split("made with ").skip(1);
    assert!(made.all(|it| it.starts_with(&other)), "CHANGELOG.md: {VERSION} is made with {other}");
}

/// Returns what a changelog says first of the class that `manifest` describes, and its compiler.
fn class(manifest: &Value) -> [String; 2] {
    let field = |name: &str| manifest[name].as_str().unwrap_or_default();
    let (hash, sierra) = (field("class_hash"), field("sierra"));
    let compiler = field("compiler").replace("cairo", "Cairo");
    [format!("Class `{hash}`, of Sierra {sierra}, made with {compiler}."), compiler]
}

#[test]
fn every_package_has_this_version_and_a_page() {
    let version = format!("version = \"{VERSION}\"");
    for manifest in ["Cargo.toml", "Scarb.toml", "tools/builder/sierra/Cargo.toml"] {
        assert!(text(manifest).contains(&format!("\n{version}\n")), "{manifest} is not {VERSION}");
    }
    for workspace in ["Cargo.toml", "Scarb.toml"] {
        let root = text(workspace);
        let members = root.split_once("members = [").and_then(|(_, rest)| rest.split_once(']'));
        let (members, _) = members.expect("a workspace has members");
        for package in members.split('"').skip(1).step_by(2) {
            let manifest = text(&format!("{package}/{workspace}"));
            assert!(
                manifest.contains("\nversion.workspace = true\n")
                    && manifest.contains("\ndescription = ")
                    && manifest.contains("\nreadme = \"README.md\"\n"),
                "{package}/{workspace} names no version of all, no description or no page"
            );
            let page = text(&format!("{package}/README.md"));
            assert!(page.starts_with("# "), "{package}/README.md has no title");
        }
    }
}

#[test]
fn the_newest_entry_is_the_first() {
    let changelog = "# C\n\n## [2] - unreleased\nclass\n### Added\n- b\n## [1] - today\nold\n";
    assert_eq!(newest(changelog), Some(("[2] - unreleased", "class\n### Added\n- b")));
    assert_eq!(newest("# C\n"), None);
}
