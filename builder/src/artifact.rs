//! Sierra to CASM, and the hashes under which both go on chain.

use anyhow::{Context, Result};
use cairo_lang_starknet_classes::casm_contract_class::CasmContractClass;
use cairo_lang_starknet_classes::contract_class::ContractClass;
use serde::Serialize;
use starknet_rust_core::types::contract::{CompiledClass, SierraClass};

use crate::manifest;

/// What a contract compiles to.
pub struct Artifact {
    /// The class as the compiler serialised it.
    pub class: Vec<u8>,
    pub casm: Vec<u8>,
    /// The ABI alone, with its keys in the compiler's order.
    pub abi: Vec<u8>,
    /// The version of Sierra in which the class is written, such as 1.7.0.
    pub sierra: String,
    pub hashes: Hashes,
}

/// Both in the form that a declaration names.
#[derive(Serialize)]
pub struct Hashes {
    pub class_hash: String,
    /// By BLAKE2s, as Starknet 0.14.1 and later ask.
    pub compiled_class_hash: String,
}

/// Compiles the contract class `class`.
pub fn compile(name: &str, class: Vec<u8>) -> Result<Artifact> {
    let contract: ContractClass = serde_json::from_slice(&class)?;
    let abi = contract.abi.as_ref().with_context(|| format!("{name} has no ABI"))?;
    let abi = manifest::pretty(abi)?;
    let extracted = contract.extract_sierra_program(false)?;
    let version = extracted.sierra_version;
    let sierra = format!("{}.{}.{}", version.major, version.minor, version.patch);
    let casm = CasmContractClass::from_contract_class(contract, extracted, false, usize::MAX)
        .with_context(|| format!("{name} has no CASM"))?;
    let casm = serde_json::to_vec(&casm)?;
    let hashes = Hashes {
        class_hash: hex(serde_json::from_slice::<SierraClass>(&class)?.class_hash()?),
        compiled_class_hash: hex(serde_json::from_slice::<CompiledClass>(&casm)?.class_hash()?),
    };
    Ok(Artifact { class, casm, abi, sierra, hashes })
}

fn hex(felt: starknet_rust_core::types::Felt) -> String {
    format!("{felt:#066x}")
}
