//! Cairo sources to what goes on chain, from the registries of cargo and npm alone.

pub mod artifact;
mod manifest;
pub mod scarb;
pub mod sierra;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A file's name and its bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The folder of this repository.
pub fn repository() -> Result<PathBuf> {
    let parent = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(parent.context("the builder has a parent")?.to_path_buf())
}

/// What builds keep between runs.
pub fn cache() -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    Ok(target.unwrap_or(repository()?.join("target")).join("cairo"))
}

/// Builds the contracts below `root`, by way of `scratch`, a folder that nothing else uses: classes,
/// CASM and a manifest.
pub fn build(root: &Path, scratch: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut contracts = BTreeMap::new();
    sierra::compile(root, scratch, None)?;
    for (name, class) in sierra::classes(scratch)? {
        let artifact = artifact::compile(&name, class)?;
        contracts.insert(name.clone(), artifact.hashes);
        files.insert(format!("{name}.contract_class.json"), artifact.class);
        files.insert(format!("{name}.compiled_contract_class.json"), artifact.casm);
    }
    let manifest = manifest::json(root, sierra::COMPILER, contracts)?;
    files.insert("manifest.json".to_owned(), manifest);
    Ok(files)
}

/// Writes `files` to `folder`.
pub fn write(files: &Files, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
