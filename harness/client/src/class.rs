//! The account's class, and classes that are read from files. The builder and Scarb compile the same bytes
//! from the sources.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use starknet_rust::core::types::contract::{CompiledClass, SierraClass};
use starknet_rust::core::types::{ContractClass, Felt, FlattenedSierraClass};

use crate::error::{Error, Result};

const CLASS: &str = include_str!("../artifacts/SessionAccount.contract_class.json");
const MANIFEST: &str = include_str!("../artifacts/manifest.json");

/// The compiler and the sources of the embedded class.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The compiler and its version.
    pub compiler: String,
    /// The SHA-256 of the sources; `artifacts/manifest.json` says how it is computed.
    pub sources_sha256: String,
}

/// A class, with the hashes that a declaration needs.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// The class, ready to be declared.
    pub class: Arc<FlattenedSierraClass>,
    /// The class's hash.
    pub class_hash: Felt,
    /// The hash of the CASM that the class compiles to.
    pub compiled_class_hash: Felt,
}

impl Artifact {
    /// Returns the class in a form whose execution a devnet measures in Sierra gas, as networks do.
    ///
    /// A devnet reads `contract_class_version` as the version of Sierra, and measures a class below version
    /// 1.7 in Cairo steps. The compiler writes 0.1.0, which networks require. The class hash does not cover
    /// this field, so it does not change.
    #[must_use]
    pub fn for_devnet(&self) -> Self {
        let mut class = FlattenedSierraClass::clone(&self.class);
        class.contract_class_version = sierra_version(&class);
        Self { class: Arc::new(class), ..*self }
    }
}

/// The unit in which a devnet measures the execution of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meter {
    /// Sierra gas, as networks do for classes of Sierra 1.7 or later.
    SierraGas,
    /// Cairo steps, and for all that the class calls too.
    CairoSteps,
}

impl Meter {
    /// Returns the unit in which a devnet measures `class`, which it returned for `starknet_getClass`. A
    /// devnet keeps the version with which a class was declared first.
    #[must_use]
    pub fn of(class: &ContractClass) -> Self {
        match class {
            ContractClass::Sierra(class)
                if class.contract_class_version == sierra_version(class) =>
            {
                Self::SierraGas
            }
            _ => Self::CairoSteps,
        }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SierraGas => "Sierra gas, as networks do",
            Self::CairoSteps => "Cairo steps, which networks do not",
        })
    }
}

/// The hashes of a class, as the builder writes them into its manifest.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Hashes {
    class_hash: Felt,
    compiled_class_hash: Felt,
}

/// Returns the version of Sierra of `class`: the first three felts of its program.
fn sierra_version(class: &FlattenedSierraClass) -> String {
    let numbers: Vec<_> = class.sierra_program.iter().take(3).map(Felt::to_string).collect();
    numbers.join(".")
}

/// Returns the session account's class.
///
/// # Errors
/// [`Error::Answer`] if the embedded files are not what the builder writes.
pub fn session_account() -> Result<Artifact> {
    let Manifest { hashes, .. } = serde_json::from_str(MANIFEST).map_err(unreadable)?;
    with_hashes(CLASS, hashes)
}

/// Returns the origin of the class of [`session_account`].
///
/// # Errors
/// As for [`session_account`].
pub fn origin() -> Result<Origin> {
    let Manifest { compiler, sources_sha256, .. } =
        serde_json::from_str(MANIFEST).map_err(unreadable)?;
    Ok(Origin { compiler, sources_sha256 })
}

/// Reads a class from the text of its `*.contract_class.json`. `hashes` are trusted and not checked, since
/// computing them requires the CASM.
///
/// # Errors
/// [`Error::Answer`] if the text is not a class.
pub fn with_hashes(class: &str, hashes: Hashes) -> Result<Artifact> {
    let class: SierraClass = serde_json::from_str(class).map_err(unreadable)?;
    let Hashes { class_hash, compiled_class_hash } = hashes;
    let class = Arc::new(class.flatten().map_err(unreadable)?);
    Ok(Artifact { class, class_hash, compiled_class_hash })
}

/// Reads a class and its CASM from the texts of `*.contract_class.json` and
/// `*.compiled_contract_class.json`, and computes the hashes.
///
/// # Errors
/// [`Error::Answer`] if they are not a class and a CASM.
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
    #[serde(flatten)]
    hashes: Hashes,
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Answer(format!("artifacts/: {error}"))
}
