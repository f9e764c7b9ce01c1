//! Cairo to Sierra, by the compiler in `builder/sierra`: a workspace of its own, since Cargo keeps
//! one 2.x of the cairo-lang crates in each.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The version of the cairo-lang crates in `builder/sierra`.
pub const COMPILER: &str = "cairo-lang 2.8.4";
/// The Cairo packages: name and source folder.
pub const PACKAGES: [(&str, &str); 1] = [("session_account", "contracts/src")];

/// Returns the contract class of every contract, as JSON, by name.
pub fn compile(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let cache =
        env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), Into::into).join("cairo");
    let out = cache.join("sierra");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--manifest-path"])
        .arg(root.join("builder/sierra/Cargo.toml"))
        .arg("--target-dir")
        .arg(cache.join("target"))
        .arg("--")
        .args(PACKAGES.map(|(name, folder)| format!("{name}={}", root.join(folder).display())))
        .arg("--cache")
        .arg(&cache)
        .arg("--out")
        .arg(&out)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "Cairo to Sierra failed: see above");

    let mut classes = BTreeMap::new();
    for entry in fs::read_dir(&out)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = file.split('.').next().context("a class file has a name")?;
        classes.insert(name.to_owned(), fs::read(&path)?);
    }
    Ok(classes)
}
