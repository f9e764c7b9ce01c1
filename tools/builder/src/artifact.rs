//! What a contract was compiled to, and the hashes under which it goes on chain.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use starknet_rust::core::types::Felt;
use starknet_rust::core::types::contract::{CompiledClass, SierraClass};

/// What a contract was compiled to: files as the compiler wrote them.
pub struct Artifact {
    pub class: Vec<u8>,
    pub casm: Vec<u8>,
    /// The ABI alone, for clients.
    pub abi: Vec<u8>,
}

/// Both in the form that a declaration names.
#[derive(Serialize)]
pub struct Hashes {
    pub class_hash: String,
    /// By BLAKE2s, as Starknet 0.14.1 and later ask.
    pub compiled_class_hash: String,
}

impl Artifact {
    /// Reads what the contract `name` in `folder` was compiled to.
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

    /// Returns the version of Sierra in which the class is written, such as 1.7.0: its program begins
    /// with it.
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
