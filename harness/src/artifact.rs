//! The account's class, as the registry-only build makes it.

use std::sync::Arc;

use serde::Deserialize;
use starknet_rust_core::types::contract::{CompiledClass, SierraClass};
use starknet_rust_core::types::{Felt, FlattenedSierraClass};

use crate::error::{Error, Result};

const CLASS: &str = include_str!("../../artifacts/SessionAccount.contract_class.json");
const MANIFEST: &str = include_str!("../../artifacts/manifest.json");

/// What made the embedded class, and from what.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The compiler and its version.
    pub compiler: String,
    /// The SHA-256 of the sources, as `artifacts/manifest.json` says how to compute it.
    pub sources_sha256: String,
}

/// A class and what a declaration says of it.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// The class, ready to be declared.
    pub class: Arc<FlattenedSierraClass>,
    /// The class's hash.
    pub class_hash: Felt,
    /// The hash of the CASM that the class compiles to.
    pub compiled_class_hash: Felt,
}

/// The session account.
///
/// # Errors
/// [`Error::Answer`] if the embedded files are not what the build writes.
pub fn session_account() -> Result<Artifact> {
    let class: SierraClass = serde_json::from_str(CLASS).map_err(unreadable)?;
    let manifest: Manifest = serde_json::from_str(MANIFEST).map_err(unreadable)?;
    let hashes = manifest.contracts.session_account;
    Ok(Artifact {
        class: Arc::new(class.flatten().map_err(unreadable)?),
        class_hash: hashes.class_hash,
        compiled_class_hash: hashes.compiled_class_hash,
    })
}

/// Where the [`session_account`]'s class comes from.
///
/// # Errors
/// As for [`session_account`].
pub fn origin() -> Result<Origin> {
    let Manifest { compiler, sources_sha256, .. } =
        serde_json::from_str(MANIFEST).map_err(unreadable)?;
    Ok(Origin { compiler, sources_sha256 })
}

/// A class that another build made: Scarb's `*.contract_class.json` and
/// `*.compiled_contract_class.json`.
///
/// # Errors
/// [`Error::Answer`] if they are no class and no CASM.
pub fn read(class: &str, casm: &str) -> Result<Artifact> {
    let unreadable = |error: &dyn std::fmt::Display| Error::Answer(error.to_string());
    let class: SierraClass = serde_json::from_str(class).map_err(|it| unreadable(&it))?;
    let casm: CompiledClass = serde_json::from_str(casm).map_err(|it| unreadable(&it))?;
    let class = class.flatten().map_err(|it| unreadable(&it))?;
    Ok(Artifact {
        class_hash: class.class_hash(),
        compiled_class_hash: casm.class_hash().map_err(|it| unreadable(&it))?,
        class: Arc::new(class),
    })
}

#[derive(Deserialize)]
struct Manifest {
    compiler: String,
    sources_sha256: String,
    contracts: Contracts,
}

#[derive(Deserialize)]
struct Contracts {
    #[serde(rename = "SessionAccount")]
    session_account: Hashes,
}

#[derive(Deserialize)]
struct Hashes {
    class_hash: Felt,
    compiled_class_hash: Felt,
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Answer(format!("artifacts/: {error}"))
}
