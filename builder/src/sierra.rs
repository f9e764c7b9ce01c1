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

/// The version of the cairo-lang crates in `builder/sierra`, which is that of Scarb's compiler.
pub const COMPILER: &str = "cairo 2.16.1";

/// A Cairo package.
#[derive(Clone, Copy)]
pub struct Package {
    pub name: &'static str,
    /// The folder of its `lib.cairo`, below the repository's folder.
    pub source: &'static str,
}

/// The account.
pub const ACCOUNT: Package = Package { name: "session_account", source: "contracts/src" };
/// Contracts that tests and measurements call.
pub const MOCKS: Package = Package { name: "session_account_mocks", source: "mocks/src" };

/// Compiles every contract of `packages` below `root` into `out`, which it empties first. Compiles
/// each of `variants` too: a subfolder there holds the files in which a variant of the first package
/// differs, and its classes go into a subfolder of `out`.
pub fn compile(
    root: &Path,
    out: &Path,
    packages: &[Package],
    variants: Option<&Path>,
) -> Result<()> {
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
        .args(packages.iter().map(|it| format!("{}={}", it.name, root.join(it.source).display())))
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
