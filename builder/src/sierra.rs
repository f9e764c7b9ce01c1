//! Cairo to Sierra, by the compiler in `builder/sierra`: a workspace of its own, since Cargo keeps
//! one 2.x of the cairo-lang crates in each.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{cache, repository};

/// The version of the cairo-lang crates in `builder/sierra`.
pub const COMPILER: &str = "cairo-lang 2.8.4";
/// The Cairo packages: name and source folder.
pub const PACKAGES: [(&str, &str); 1] = [("session_account", "contracts/src")];

/// Compiles every contract below `root` into `out`, which it empties first. Compiles each of
/// `variants` too: a subfolder there holds the files in which a variant of the first package differs,
/// and its classes go into a subfolder of `out`.
pub fn compile(root: &Path, out: &Path, variants: Option<&Path>) -> Result<()> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    let cache = cache()?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--locked", "--manifest-path"])
        .arg(repository()?.join("builder/sierra/Cargo.toml"))
        .arg("--target-dir")
        .arg(cache.join("target"))
        .arg("--")
        .args(PACKAGES.map(|(name, folder)| format!("{name}={}", root.join(folder).display())))
        .arg("--cache")
        .arg(&cache)
        .arg("--out")
        .arg(out)
        .args(variants.into_iter().flat_map(|folder| [OsStr::new("--variants"), folder.as_ref()]))
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "Cairo to Sierra failed: see above");
    Ok(())
}

/// The classes in `folder`, as JSON, by name.
pub fn classes(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut classes = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let name = file.split('.').next().context("a class file has a name")?;
            classes.insert(name.to_owned(), fs::read(&path)?);
        }
    }
    Ok(classes)
}
