//! The class that Scarb builds: not kept, since another compiler than the registries' makes it, but
//! its hashes are recorded for who deploys it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{Files, artifact, manifest};

/// Where the hashes are recorded.
pub const RECORD: &str = "scarb.json";

/// The record of `class`, a file that `compiler` built.
pub fn record(root: &Path, class: &Path, compiler: &str) -> Result<Files> {
    let json = fs::read(class).with_context(|| format!("cannot read {}", class.display()))?;
    // `<package>_<contract>.contract_class.json`
    let file = class.file_name().unwrap_or_default().to_string_lossy();
    let (stem, _) = file.split_once('.').context("a class file has an extension")?;
    let (_, name) = stem.rsplit_once('_').context("Scarb names the package, then the contract")?;
    let hashes = artifact::compile(name, json)?.hashes;
    let contracts = BTreeMap::from([(name.to_owned(), hashes)]);
    Ok(Files::from([(RECORD.to_owned(), manifest::json(root, compiler, contracts)?)]))
}

/// Whether the record in `committed` was made of other sources than `manifest`.
pub fn is_stale(manifest: &[u8], committed: &Path) -> bool {
    let sources = |json: &[u8]| {
        let json: Option<Value> = serde_json::from_slice(json).ok();
        json.and_then(|json| json.get("sources_sha256").cloned())
    };
    let record = fs::read(committed.join(RECORD)).unwrap_or_default();
    sources(&record) != sources(manifest)
}
