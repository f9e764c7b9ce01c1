//! The account's class. There is one: the builder and Scarb compile the sources to it, byte for byte.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use starknet_rust::core::types::contract::{CompiledClass, SierraClass};
use starknet_rust::core::types::{ContractClass, Felt, FlattenedSierraClass};

use crate::error::{Error, Result};

const CLASS: &str = include_str!("../artifacts/SessionAccount.contract_class.json");
const MANIFEST: &str = include_str!("../artifacts/manifest.json");

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

impl Artifact {
    /// Returns the class in the form that a devnet meters as networks do: in Sierra gas.
    ///
    /// A devnet takes `contract_class_version` for the version of Sierra, and meters a class that
    /// names one below 1.7 in Cairo steps. The compiler writes 0.1.0 there, which networks want to
    /// see. The class hash does not cover the field, so the class keeps its hash.
    #[must_use]
    pub fn for_devnet(&self) -> Self {
        let mut class = FlattenedSierraClass::clone(&self.class);
        class.contract_class_version = sierra_version(&class);
        Self { class: Arc::new(class), ..*self }
    }
}

/// How a devnet meters a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meter {
    /// In Sierra gas, as networks meter a class of Sierra 1.7 or later.
    SierraGas,
    /// In Cairo steps, and with it all that it calls.
    CairoSteps,
}

impl Meter {
    /// Tells how a devnet that answers `starknet_getClass` with `class` meters it. A class that it
    /// already knew keeps the version that it was first declared with.
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

/// The hashes of a class, as the builder writes them beside it.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Hashes {
    class_hash: Felt,
    compiled_class_hash: Felt,
}

/// Returns the version of Sierra in which `class` is written: its program begins with it.
fn sierra_version(class: &FlattenedSierraClass) -> String {
    let numbers: Vec<_> = class.sierra_program.iter().take(3).map(Felt::to_string).collect();
    numbers.join(".")
}

/// Returns the session account's class.
///
/// # Errors
/// [`Error::Answer`] if the embedded files are not what the build writes.
pub fn session_account() -> Result<Artifact> {
    let Manifest { hashes, .. } = serde_json::from_str(MANIFEST).map_err(unreadable)?;
    with_hashes(CLASS, hashes)
}

/// Returns where the [`session_account`]'s class comes from.
///
/// # Errors
/// As for [`session_account`].
pub fn origin() -> Result<Origin> {
    let Manifest { compiler, sources_sha256, .. } =
        serde_json::from_str(MANIFEST).map_err(unreadable)?;
    Ok(Origin { compiler, sources_sha256 })
}

/// Reads a class of the builder's from the text of its `*.contract_class.json`. `hashes` stand beside it
/// in a file and are believed: computing them takes the CASM too.
///
/// # Errors
/// [`Error::Answer`] if the text is no class.
pub fn with_hashes(class: &str, hashes: Hashes) -> Result<Artifact> {
    let class: SierraClass = serde_json::from_str(class).map_err(unreadable)?;
    let Hashes { class_hash, compiled_class_hash } = hashes;
    let class = Arc::new(class.flatten().map_err(unreadable)?);
    Ok(Artifact { class, class_hash, compiled_class_hash })
}

/// Reads a class and its CASM from the texts of the files `*.contract_class.json` and
/// `*.compiled_contract_class.json`, as compilers write them.
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
    #[serde(flatten)]
    hashes: Hashes,
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Answer(format!("artifacts/: {error}"))
}
