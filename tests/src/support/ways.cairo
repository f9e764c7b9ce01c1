//! The two ways for a session to act: a plain transaction, which the account pays for, and an
//! outside execution, which anybody submits and which says why it refuses.

use session_account::outside_execution::interface::{
    ISRC9_V2SafeDispatcher, ISRC9_V2SafeDispatcherTrait, OutsideExecution,
};
use session_account::outside_execution::message;
use snforge_std::signature::stark_curve::StarkCurveKeyPair;
use snforge_std::{generate_random_felt, start_mock_call};
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use super::account::{END, HASH, STRANGER, act_as, calls_used, error, sign_for, validate_calls};

/// What comes of it when a stranger submits `calls`, signed by `key`.
#[feature("safe_dispatcher")]
pub fn relay(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>,
) -> Result<Array<Span<felt252>>, Array<felt252>> {
    let outside = OutsideExecution {
        caller: 'ANY_CALLER'.try_into().unwrap(),
        nonce: generate_random_felt(),
        execute_after: 0,
        execute_before: 0xffffffffffffffff,
        calls,
    };
    let chain_id = starknet::get_tx_info().unbox().chain_id;
    let hash = message::hash(@outside, account, chain_id);
    act_as(account, STRANGER);
    ISRC9_V2SafeDispatcher { contract_address: account }
        .execute_from_outside_v2(outside, sign_for(key, hash, END.into()).span())
}

/// `key`'s session may make `calls` either way, and each use is counted once.
pub fn assert_allowed_both_ways(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Array<Call>,
) {
    for call in calls.span() {
        start_mock_call(*call.to, *call.selector, 'done');
    }
    let used = calls_used(account, key);
    let signature = sign_for(key, HASH, END.into());
    assert_eq!(validate_calls(account, signature, calls.clone()), VALIDATED);
    assert_eq!(calls_used(account, key), used + 1);
    assert_eq!(error(relay(account, key, calls.span())), 0);
    assert_eq!(calls_used(account, key), used + 2);
}

/// `key`'s session may make `calls` neither way, because of `reason`, and nothing is counted.
pub fn assert_refused_both_ways(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Array<Call>, reason: felt252,
) {
    let used = calls_used(account, key);
    let signature = sign_for(key, HASH, END.into());
    assert_eq!(validate_calls(account, signature, calls.clone()), 0);
    assert_eq!(error(relay(account, key, calls.span())), reason);
    assert_eq!(calls_used(account, key), used);
}
