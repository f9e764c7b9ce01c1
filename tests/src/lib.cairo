//! Tests with Starknet Foundry's cheatcodes, for what a devnet cannot show: transactions of any
//! version, with any caller and any bounds, and contracts that use syscalls of their own.
//!
//! Ids such as P-32 name rules of `docs/rules.md`. Those that begin with A1, A2, A3, H and O name
//! findings of `docs/findings.md`.

#[cfg(test)]
mod asking;
#[cfg(test)]
mod batch;
#[cfg(test)]
mod caps;
#[cfg(test)]
mod counter;
#[cfg(test)]
mod expiry;
#[cfg(test)]
mod fees;
#[cfg(test)]
mod forbidden_calls;
#[cfg(test)]
mod hostile_storage;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod known_limits;
#[cfg(test)]
mod meta_transaction;
#[cfg(test)]
mod off_chain;
#[cfg(test)]
mod openzeppelin;
#[cfg(test)]
mod outside_bytes;
#[cfg(test)]
mod outside_execution;
#[cfg(test)]
mod owner;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod protocol_entry;
#[cfg(test)]
mod reentrancy;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod self_ending;
#[cfg(test)]
mod shown_lists;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod slots;
#[cfg(test)]
mod spending;
#[cfg(test)]
mod support;
#[cfg(test)]
mod upgrade;
#[cfg(test)]
mod validation;
#[cfg(test)]
mod views;
#[cfg(test)]
mod whitelist;
