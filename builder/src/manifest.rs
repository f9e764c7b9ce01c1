//! The manifest: what was compiled, by what, into what.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::artifact::Hashes;
use crate::sierra;

#[derive(Serialize)]
struct Manifest<'a> {
    compiler: &'a str,
    /// `LC_ALL=C; find contracts/src -name '*.cairo' | sort | xargs sha256sum | sha256sum`
    sources_sha256: String,
    contracts: BTreeMap<String, Hashes>,
}

/// The manifest of `contracts`, which `compiler` built, as JSON.
pub fn json(root: &Path, compiler: &str, contracts: BTreeMap<String, Hashes>) -> Result<Vec<u8>> {
    let manifest = Manifest { compiler, sources_sha256: sources(root)?, contracts };
    let mut json = serde_json::to_vec_pretty(&manifest)?;
    json.push(b'\n');
    Ok(json)
}

fn sources(root: &Path) -> Result<String> {
    let mut paths = Vec::new();
    for (_, folder) in sierra::PACKAGES {
        collect(&root.join(folder), &mut paths)?;
    }
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
