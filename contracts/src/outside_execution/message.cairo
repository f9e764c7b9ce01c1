//! Computes the SNIP-12 (revision 1) hash of an outside execution.

use core::hash::HashStateTrait;
use core::poseidon::{PoseidonTrait, poseidon_hash_span};
use starknet::ContractAddress;
use starknet::account::Call;
use super::interface::OutsideExecution;

const DOMAIN_TYPE_HASH: felt252 = selector!(
    "\"StarknetDomain\"(\"name\":\"shortstring\",\"version\":\"shortstring\",\"chainId\":\"shortstring\",\"revision\":\"shortstring\")",
);
const OUTSIDE_EXECUTION_TYPE_HASH: felt252 = selector!(
    "\"OutsideExecution\"(\"Caller\":\"ContractAddress\",\"Nonce\":\"felt\",\"Execute After\":\"u128\",\"Execute Before\":\"u128\",\"Calls\":\"Call*\")\"Call\"(\"To\":\"ContractAddress\",\"Selector\":\"selector\",\"Calldata\":\"felt*\")",
);
const CALL_TYPE_HASH: felt252 = selector!(
    "\"Call\"(\"To\":\"ContractAddress\",\"Selector\":\"selector\",\"Calldata\":\"felt*\")",
);

/// Returns the hash of `outside_execution` that is signed for `account` on the chain `chain_id`.
pub fn hash(
    outside_execution: @OutsideExecution, account: ContractAddress, chain_id: felt252,
) -> felt252 {
    PoseidonTrait::new()
        .update('StarkNet Message')
        .update(domain_hash(chain_id))
        .update(account.into())
        .update(struct_hash(outside_execution))
        .finalize()
}

fn domain_hash(chain_id: felt252) -> felt252 {
    PoseidonTrait::new()
        .update(DOMAIN_TYPE_HASH)
        .update('Account.execute_from_outside')
        .update(2) // version
        .update(chain_id)
        .update(1) // revision
        .finalize()
}

fn struct_hash(outside_execution: @OutsideExecution) -> felt252 {
    PoseidonTrait::new()
        .update(OUTSIDE_EXECUTION_TYPE_HASH)
        .update((*outside_execution.caller).into())
        .update(*outside_execution.nonce)
        .update((*outside_execution.execute_after).into())
        .update((*outside_execution.execute_before).into())
        .update(calls_hash(*outside_execution.calls))
        .finalize()
}

fn calls_hash(calls: Span<Call>) -> felt252 {
    let mut hashes = array![];
    hash_into(calls, ref hashes);
    poseidon_hash_span(hashes.span())
}

fn hash_into(mut calls: Span<Call>, ref hashes: Array<felt252>) {
    while let Option::Some(call) = calls.pop_front() {
        hashes.append(call_hash(call));
    }
}

fn call_hash(call: @Call) -> felt252 {
    PoseidonTrait::new()
        .update(CALL_TYPE_HASH)
        .update((*call.to).into())
        .update(*call.selector)
        .update(poseidon_hash_span(*call.calldata))
        .finalize()
}
