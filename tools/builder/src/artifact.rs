//! The files of a compiled contract, and its hashes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use starknet_rust::core::types::Felt;
use starknet_rust::core::types::contract::{CompiledClass, SierraClass};

/// A compiled contract: the files as the compiler wrote them.
pub struct Artifact {
    pub class: Vec<u8>,
    pub casm: Vec<u8>,
    /// The ABI, for clients.
    pub abi: Vec<u8>,
}

/// The hashes that a declaration names.
#[derive(Serialize)]
pub struct Hashes {
    pub class_hash: String,
    /// The compiled class hash, computed with BLAKE2s as Starknet 0.14.1 and later require.
    pub compiled_class_hash: String,
}

impl Artifact {
    /// Reads the files of the compiled contract `name` in `folder`.
    pub fn read(folder: &Path, name: &str) -> Result<Self> {
        let read = |kind| {
            let path = folder.join(format!("{name}.{kind}.json"));
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        Ok(Self {
            class: read("contract_class")?,
            casm: read("compiled_contract_class")?,
            abi: read("abi")?,
        })
    }

    pub fn hashes(&self) -> Result<Hashes> {
        let class: SierraClass = serde_json::from_slice(&self.class)?;
        let casm: CompiledClass = serde_json::from_slice(&self.casm)?;
        Ok(Hashes {
            class_hash: hex(class.class_hash()?),
            compiled_class_hash: hex(casm.class_hash()?),
        })
    }

    /// Returns the version of Sierra of the class, such as 1.7.0: the first three felts of its program.
    pub fn sierra(&self) -> Result<String> {
        #[derive(Deserialize)]
        struct Class {
            sierra_program: Vec<Felt>,
        }
        let class: Class = serde_json::from_slice(&self.class)?;
        let numbers: Vec<_> = class.sierra_program.iter().take(3).map(Felt::to_string).collect();
        Ok(numbers.join("."))
    }
}

fn hex(felt: Felt) -> String {
    format!("{felt:#066x}")
}
