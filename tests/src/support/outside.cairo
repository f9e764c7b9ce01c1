//! Signs and submits outside executions, and has accounts transact both ways: by a plain
//! transaction and through a relayer.

use session_account::account::interface::{
    ISRC6Dispatcher, ISRC6DispatcherTrait, ISRC6SafeDispatcher, ISRC6SafeDispatcherTrait,
};
use session_account::outside_execution::interface::{
    ISRC9_V2SafeDispatcher, ISRC9_V2SafeDispatcherTrait, OutsideExecution,
};
use session_account::outside_execution::message;
use snforge_std::signature::stark_curve::{StarkCurveKeyPair, StarkCurveSignerImpl};
use snforge_std::{
    CheatSpan, ContractClassTrait, DeclareResultTrait, cheat_caller_address, declare,
    generate_random_felt, start_cheat_signature_global, start_mock_call,
};
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use super::account::{END, HASH, PROTOCOL, calls_used, owner, session, sign, sign_for};

pub const RELAYER: ContractAddress = 'relayer'.try_into().unwrap();
pub const PAYEE: ContractAddress = 'payee'.try_into().unwrap();

/// What each call of an outside execution returned, or the data with which it reverted: the error
/// is its first felt.
pub type Outcome = Result<Array<Span<felt252>>, Array<felt252>>;

/// The data with which a plain transaction reverted: the error is its first felt. A plain
/// transaction returns nothing.
pub type Execution = Result<(), Array<felt252>>;

/// Returns an outside execution of `calls` with a random nonce, which anyone may submit at any
/// time.
pub fn outside(calls: Span<Call>) -> OutsideExecution {
    OutsideExecution {
        caller: 'ANY_CALLER'.try_into().unwrap(),
        nonce: generate_random_felt(),
        execute_after: 0,
        execute_before: 0xffffffffffffffff,
        calls,
    }
}

pub fn sign_outside(
    key: StarkCurveKeyPair, account: ContractAddress, outside_execution: OutsideExecution,
) -> Array<felt252> {
    let chain_id = starknet::get_tx_info().unbox().chain_id;
    let (r, s) = key.sign(message::hash(@outside_execution, account, chain_id)).unwrap();
    array![r, s]
}

pub fn sign_outside_as_owner(
    account: ContractAddress, outside_execution: OutsideExecution,
) -> Array<felt252> {
    sign_outside(owner(), account, outside_execution)
}

pub fn sign_outside_as_session(
    account: ContractAddress, outside_execution: OutsideExecution,
) -> Array<felt252> {
    as_session(sign_outside(session(), account, outside_execution), END.into())
}

/// Makes a session's signature of `signature`, the two felts that its key gave.
pub fn as_session(signature: Array<felt252>, valid_until: felt252) -> Array<felt252> {
    array![session().public_key, *signature[0], *signature[1], valid_until]
}

/// Has the relayer submit `outside_execution`.
pub fn relay(
    account: ContractAddress, outside_execution: OutsideExecution, signature: Array<felt252>,
) -> Outcome {
    relay_by(RELAYER, account, outside_execution, signature)
}

/// Has `caller` submit `outside_execution`.
#[feature("safe_dispatcher")]
pub fn relay_by(
    caller: ContractAddress,
    account: ContractAddress,
    outside_execution: OutsideExecution,
    signature: Array<felt252>,
) -> Outcome {
    cheat_caller_address(account, caller, CheatSpan::TargetCalls(1));
    ISRC9_V2SafeDispatcher { contract_address: account }
        .execute_from_outside_v2(outside_execution, signature.span())
}

/// Returns the calldata of `execute_from_outside_v2`.
pub fn submit(outside_execution: OutsideExecution, signature: Array<felt252>) -> Array<felt252> {
    let mut calldata = array![];
    outside_execution.serialize(ref calldata);
    signature.serialize(ref calldata);
    calldata
}

/// Has the owner sign an outside execution of `calls` and the relayer submit it.
pub fn relay_as_owner(account: ContractAddress, calls: Span<Call>) -> Outcome {
    let outside_execution = outside(calls);
    relay(account, outside_execution, sign_outside_as_owner(account, outside_execution))
}

/// Has the session sign an outside execution of `calls` and the relayer submit it.
pub fn relay_as_session(account: ContractAddress, calls: Span<Call>) -> Outcome {
    relay_as(account, session(), calls)
}

/// Has the session of `key` sign an outside execution of `calls` and the relayer submit it.
pub fn relay_as(account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>) -> Outcome {
    let outside_execution = outside(calls);
    let signature = sign_outside(key, account, outside_execution);
    let signature = array![key.public_key, *signature[0], *signature[1], END.into()];
    relay(account, outside_execution, signature)
}

/// Says whether `__validate__` accepts a plain transaction. A panic in it fails the test.
pub fn is_validated(
    account: ContractAddress, calls: Span<Call>, signature: Array<felt252>,
) -> bool {
    start_cheat_signature_global(signature.span());
    cheat_caller_address(account, PROTOCOL, CheatSpan::TargetCalls(1));
    let answer = ISRC6Dispatcher { contract_address: account }.__validate__(calls.into());
    assert!(answer == VALIDATED || answer == 0, "neither yes nor no: {answer}");
    answer == VALIDATED
}

/// Sends a plain transaction. Returns `None` if `__validate__` refuses it, else the result of
/// `__execute__`.
#[feature("safe_dispatcher")]
pub fn transact(
    account: ContractAddress, calls: Span<Call>, signature: Array<felt252>,
) -> Option<Execution> {
    if !is_validated(account, calls, signature) {
        return None;
    }
    cheat_caller_address(account, PROTOCOL, CheatSpan::TargetCalls(1));
    Some(ISRC6SafeDispatcher { contract_address: account }.__execute__(calls.into()))
}

pub fn transact_as_owner(account: ContractAddress, calls: Span<Call>) -> Option<Execution> {
    transact(account, calls, sign(owner()))
}

pub fn transact_as_session(account: ContractAddress, calls: Span<Call>) -> Option<Execution> {
    transact_as(account, session(), calls)
}

/// Has the session of `key` send `calls` in a plain transaction.
pub fn transact_as(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>,
) -> Option<Execution> {
    transact(account, calls, sign_for(key, HASH, END.into()))
}

pub fn assert_reverts<T, +Drop<T>>(outcome: Result<T, Array<felt252>>, error: felt252) {
    assert_eq!(*outcome.expect_err('not refused')[0], error);
}

/// Mocks every contract that `calls` call, so that a test need not deploy it. Returns `calls`.
pub fn mocked(calls: Array<Call>) -> Span<Call> {
    for call in calls.span() {
        start_mock_call(*call.to, *call.selector, 'done');
    }
    calls.span()
}

/// Asserts that the session of `key` may make `calls` by a plain transaction and through a relayer,
/// and that each counts as one transaction.
pub fn assert_allowed_both_ways(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>,
) {
    let used = calls_used(account, key);
    transact_as(account, key, calls).expect('refused in validation').unwrap();
    assert_eq!(calls_used(account, key), used + 1);
    relay_as(account, key, calls).unwrap();
    assert_eq!(calls_used(account, key), used + 2);
}

/// Asserts that the session of `key` may not make `calls`: `__validate__` refuses them, an outside
/// execution reverts with `error`, and no transaction is counted.
pub fn assert_refused_both_ways(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>, error: felt252,
) {
    let used = calls_used(account, key);
    assert!(transact_as(account, key, calls).is_none(), "{error} was not refused");
    assert_reverts(relay_as(account, key, calls), error);
    assert_eq!(calls_used(account, key), used);
}

/// Asserts that `__validate__` accepts `calls` of the session of `key`, and that they revert with
/// `error`, plainly and through a relayer.
pub fn assert_reverts_both_ways(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>, error: felt252,
) {
    let outcome = transact_as(account, key, calls).expect('refused in validation');
    assert_reverts(outcome, error);
    assert_reverts(relay_as(account, key, calls), error);
}

/// Makes `account` the caller of the next call to it, as it is of calls to itself that the owner
/// signs.
pub fn call_from_itself(account: ContractAddress) {
    cheat_caller_address(account, account, CheatSpan::TargetCalls(1));
}

/// Deploys the class `name`, whose constructor takes no arguments.
pub fn deploy_mock(name: ByteArray) -> ContractAddress {
    let (address, _) = declare(name).unwrap().contract_class().deploy(@array![]).unwrap();
    address
}
