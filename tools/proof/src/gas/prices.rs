//! The prices that networks charge in L2 gas, from the constants of the devnet's own blockifier, which
//! sequencers run too, for each version of Starknet.

use std::fmt::Write;

use anyhow::{Context, Result};
use blockifier::blockifier_versioned_constants::{SyscallGasCosts, VersionedConstants};
use blockifier::fee::resources::StarknetResources;
use starknet_api::block::StarknetVersion;
use starknet_api::executable_transaction::TransactionType;
use starknet_api::versioned_constants_logic::VersionedConstantsTrait;

use super::table::grouped;

/// The version of Starknet that the devnet runs.
const DEVNET: StarknetVersion = StarknetVersion::V0_14_4;

/// Versions that charge a class of Sierra 1.7 differently.
const VERSIONS: [StarknetVersion; 4] = [
    StarknetVersion::V0_14_1,
    StarknetVersion::V0_14_2,
    StarknetVersion::V0_14_3,
    StarknetVersion::V0_14_4,
];

/// A function that reads a price.
type Price = fn(&VersionedConstants) -> u64;

/// The operations that cost, with their prices in L2 gas; the third is in L1 data gas.
const PRICES: [(&str, Price); 15] = [
    ("any transaction, before anything runs", transaction),
    ("a cell that goes from 0 to something", |it| it.allocation_cost.blob_cost.l2_gas.0),
    ("... in L1 data gas, beside what every changed cell takes", |it| {
        it.allocation_cost.blob_cost.l1_data_gas.0
    }),
    ("a call of a contract", |it| syscalls(it).call_contract.get_syscall_cost(0)),
    ("a write of a cell", write_once),
    ("a read of a cell", read_once),
    ("asking who calls, when, and in which transaction", |it| {
        syscalls(it).get_execution_info.get_syscall_cost(0)
    }),
    ("an event", |it| syscalls(it).emit_event.get_syscall_cost(0)),
    ("... each felt of its keys", |it| {
        let archive = &it.archival_data_gas_costs;
        (archive.gas_per_data_felt * archive.event_key_factor).to_integer()
    }),
    ("... each felt of its data", felt),
    ("a felt of the calldata or the signature", felt),
    ("an operation on the curve, of which a signature takes three", |it| {
        it.os_constants.gas_costs.builtins.ecop
    }),
    ("a Pedersen hash", |it| it.os_constants.gas_costs.builtins.pedersen),
    ("a Poseidon hash", |it| it.os_constants.gas_costs.builtins.poseidon),
    ("a range check", |it| it.os_constants.gas_costs.builtins.range_check),
];

/// Returns the gas of the protocol's own work for a transaction. It is measured in Cairo steps and rounded
/// up to a multiple of 40,000 gas.
fn transaction(constants: &VersionedConstants) -> u64 {
    const UNIT: u64 = 40_000;
    let nothing = StarknetResources::default();
    let invoke = TransactionType::InvokeFunction;
    let work = constants.get_additional_os_tx_resources(invoke, &nothing, true);
    let step = constants.os_constants.gas_costs.base.step_gas_cost;
    (work.n_steps as u64 * step).next_multiple_of(UNIT)
}

fn syscalls(constants: &VersionedConstants) -> &SyscallGasCosts {
    &constants.os_constants.gas_costs.syscalls
}

fn read_once(constants: &VersionedConstants) -> u64 {
    syscalls(constants).storage_read.get_syscall_cost(0)
}

fn write_once(constants: &VersionedConstants) -> u64 {
    syscalls(constants).storage_write.get_syscall_cost(0)
}

fn felt(constants: &VersionedConstants) -> u64 {
    constants.archival_data_gas_costs.gas_per_data_felt.to_integer()
}

fn constants(version: StarknetVersion) -> Result<&'static VersionedConstants> {
    VersionedConstants::get(&version).with_context(|| format!("no constants of {version}"))
}

/// Returns a table of the prices, version by version.
pub fn table() -> Result<String> {
    let mut text = String::from("| L2 gas |");
    for version in VERSIONS {
        write!(text, " {version} |")?;
    }
    writeln!(text, "\n| --- |{}", " ---: |".repeat(VERSIONS.len()))?;
    for (name, price) in PRICES {
        write!(text, "| {name} |")?;
        for version in VERSIONS {
            write!(text, " {} |", grouped(price(constants(version)?)))?;
        }
        writeln!(text)?;
    }
    Ok(text)
}

/// The storage that a session's listed transfer reads and writes beyond that of the owner's. It reads the
/// session's record, the account's epoch, the list's entry, and the flag whether the key ever had a policy,
/// but not the owner's key; and it writes the record, which counts the use.
const READS: u64 = 4 - 1;
const WRITES: u64 = 1;
/// The additional felts of a session's signature `[session_key, r, s, valid_until]` over an owner's `[r,
/// s]`.
const SIGNATURE: u64 = 4 - 2;

/// Returns what a session's listed transfer takes more than the owner's, if checking the rules were free.
pub fn least() -> Result<u64> {
    let constants = constants(DEVNET)?;
    Ok(READS * read_once(constants) + WRITES * write_once(constants) + SIGNATURE * felt(constants))
}
