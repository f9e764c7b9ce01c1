//! The manifest: what was compiled, by what, into what.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::artifact::{Artifact, Hashes};
use crate::sierra;

#[derive(Serialize)]
struct Manifest<'a> {
    contract: &'a str,
    compiler: &'a str,
    /// The version of Sierra, by which networks choose how to meter the class.
    sierra: String,
    /// `LC_ALL=C; find contracts/src -name '*.cairo' | sort | xargs sha256sum | sha256sum`
    sources_sha256: String,
    #[serde(flatten)]
    hashes: Hashes,
}

/// Returns the manifest of the contract `contract`, which `built` is, as JSON.
pub fn json(root: &Path, contract: &str, built: &Artifact) -> Result<Vec<u8>> {
    let manifest = Manifest {
        contract,
        compiler: sierra::COMPILER,
        sierra: built.sierra()?,
        sources_sha256: sources(root)?,
        hashes: built.hashes()?,
    };
    pretty(&manifest)
}

/// Returns `value` as JSON for people and tools alike, which ends with a line's end.
pub fn pretty(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    Ok(json)
}

fn sources(root: &Path) -> Result<String> {
    let mut paths = Vec::new();
    collect(&root.join(sierra::ACCOUNT.source), &mut paths)?;
    let mut names = paths
        .iter()
        .map(|path| Ok((path.strip_prefix(root)?.to_string_lossy().into_owned(), path)))
        .collect::<Result<Vec<_>>>()?;
    names.sort();

    let mut all = Sha256::new();
    for (name, path) in names {
        all.update(format!("{:x}  {name}\n", Sha256::digest(fs::read(path)?)));
    }
    Ok(format!("{:x}", all.finalize()))
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "cairo") {
            paths.push(path);
        }
    }
    Ok(())
}
