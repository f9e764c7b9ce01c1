//! Builds contract classes from Cairo sources, with the crates of cargo's registry alone.

mod artifact;
mod digest;
mod manifest;
pub mod sierra;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use artifact::Artifact;
pub use digest::{digest, digest_of_code};
use sierra::{ACCOUNT, MOCKS};

/// Files: their paths relative to the repository's folder, and their bytes.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The folder in which the account's class, its CASM, its ABI and the manifest are committed.
pub const ARTIFACTS: &str = "artifacts";
/// The folder in which the classes of `mocks/` are committed: contracts that tests and measurements call.
pub const MOCK_ARTIFACTS: &str = "mocks/artifacts";

/// Returns the folder of this repository.
pub fn repository() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    Ok(root.context("the builder is two folders deep")?.to_path_buf())
}

/// Returns the folder of what builds keep between runs.
pub fn cache() -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    Ok(target.unwrap_or(repository()?.join("target")).join("cairo"))
}

/// A temporary folder below [`cache`], which only this process uses, since several processes may share a
/// target folder. Dropping it removes it.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Names the folder. `name` distinguishes it from this process's other folders.
    pub fn new(name: &str) -> Result<Self> {
        Ok(Self(cache()?.join(format!("{name}.{}", std::process::id()))))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that cannot be removed is never read again.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Builds the Cairo packages below `root`. Returns the account's class, CASM, ABI and manifest, and the
/// classes of the mocks.
pub fn build(root: &Path) -> Result<Files> {
    let scratch = Scratch::new("sierra")?;
    let scratch = scratch.path();
    sierra::compile(root, scratch, &[ACCOUNT, MOCKS], None)?;
    let mut files = Files::new();
    let folder = scratch.join(ACCOUNT.name);
    let mut contracts = sierra::contracts(&folder)?.into_iter();
    let (Some(name), None) = (contracts.next(), contracts.next()) else {
        bail!("{} has another number of contracts than one: the manifest is of one", ACCOUNT.source)
    };
    let built = Artifact::read(&folder, &name)?;
    let manifest = manifest::json(root, &name, &built)?;
    let artifacts = Path::new(ARTIFACTS);
    files.insert(artifacts.join(format!("{name}.abi.json")), built.abi);
    files.insert(artifacts.join(format!("{name}.contract_class.json")), built.class);
    files.insert(artifacts.join(format!("{name}.compiled_contract_class.json")), built.casm);
    files.insert(artifacts.join("manifest.json"), manifest);
    let mut hashes = BTreeMap::new();
    let (folder, artifacts) = (scratch.join(MOCKS.name), Path::new(MOCK_ARTIFACTS));
    for name in sierra::contracts(&folder)? {
        let built = Artifact::read(&folder, &name)?;
        hashes.insert(name.clone(), built.hashes()?);
        files.insert(artifacts.join(format!("{name}.contract_class.json")), built.class);
    }
    files.insert(artifacts.join("hashes.json"), manifest::pretty(&hashes)?);
    Ok(files)
}

/// Writes `files` below `root`.
pub fn write(files: &Files, root: &Path) -> Result<()> {
    for (name, bytes) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
