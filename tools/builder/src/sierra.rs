//! Compiles Cairo to Sierra and CASM with the compiler in `tools/builder/sierra`. That compiler is a
//! workspace of its own, since a Cargo workspace can have only one 2.x version of the cairo-lang crates.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{cache, repository};

/// The version of the cairo-lang crates in `tools/builder/sierra`, which is the version of Scarb's
/// compiler.
pub const COMPILER: &str = "cairo 2.16.1";

/// A Cairo package.
#[derive(Clone, Copy)]
pub struct Package {
    pub name: &'static str,
    /// The folder of its `lib.cairo`, relative to the repository's folder.
    pub source: &'static str,
}

/// The account's package.
pub const ACCOUNT: Package = Package { name: "session_account", source: "contracts/src" };
/// The package of the contracts that tests and measurements call.
pub const MOCKS: Package = Package { name: "session_account_mocks", source: "mocks/src" };

/// Compiles every contract of `packages` below `root` into `out`, which it empties first. It also compiles
/// each variant in `variants`: a subfolder with the files in which the variant differs from the first
/// package. The variant's classes are written to a subfolder of `out`.
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
        .args(["run", "--locked", "--manifest-path"])
        .arg(repository()?.join("tools/builder/sierra/Cargo.toml"))
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
    ensure!(status.success(), "the Cairo compiler failed: see above");
    Ok(())
}

/// Returns the names of the contracts that were compiled into `folder`.
pub fn contracts(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.file_name();
        let (name, _) =
            file.to_str().and_then(|it| it.split_once('.')).context("a class file has a name")?;
        names.insert(name.to_owned());
    }
    Ok(names)
}
