//! The manifest, which names the contract, its compiler, the hash of its sources and the hashes of its
//! class.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::artifact::{Artifact, Hashes};
use crate::digest::digest;
use crate::sierra;

#[derive(Serialize)]
struct Manifest<'a> {
    contract: &'a str,
    compiler: &'a str,
    /// The version of Sierra, which decides how networks measure the execution of the class.
    sierra: String,
    /// The SHA-256 of the sources, as this command computes it:
    /// `LC_ALL=C; find contracts/src -type f -not -name '.*' | sort | xargs sha256sum | sha256sum`
    sources_sha256: String,
    #[serde(flatten)]
    hashes: Hashes,
}

/// Returns the manifest of `contract`, which was compiled to `built`, as JSON.
pub fn json(root: &Path, contract: &str, built: &Artifact) -> Result<Vec<u8>> {
    let manifest = Manifest {
        contract,
        compiler: sierra::COMPILER,
        sierra: built.sierra()?,
        sources_sha256: digest(root, &[sierra::ACCOUNT.source])?,
        hashes: built.hashes()?,
    };
    pretty(&manifest)
}

/// Returns `value` as indented JSON with a line end.
pub fn pretty(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    Ok(json)
}
