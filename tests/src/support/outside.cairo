//! Outside executions for the account of `account`, and both ways in which it transacts.

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

/// What each call of an outside execution returned, or the error first.
pub type Outcome = Result<Array<Span<felt252>>, Array<felt252>>;

/// What a plain transaction, which returns nothing, reverted with: the error first.
pub type Execution = Result<(), Array<felt252>>;

/// `calls` under a nonce of their own, for anyone to submit until long after the session's end.
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

/// The session's signature from what its key signed.
pub fn as_session(signature: Array<felt252>, valid_until: felt252) -> Array<felt252> {
    array![session().public_key, *signature[0], *signature[1], valid_until]
}

/// The relayer submits `outside_execution`.
pub fn relay(
    account: ContractAddress, outside_execution: OutsideExecution, signature: Array<felt252>,
) -> Outcome {
    relay_by(RELAYER, account, outside_execution, signature)
}

/// `caller` submits `outside_execution`.
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

/// The calldata of `execute_from_outside_v2`.
pub fn submit(outside_execution: OutsideExecution, signature: Array<felt252>) -> Array<felt252> {
    let mut calldata = array![];
    outside_execution.serialize(ref calldata);
    signature.serialize(ref calldata);
    calldata
}

/// The owner signs `calls` for the relayer.
pub fn relay_as_owner(account: ContractAddress, calls: Span<Call>) -> Outcome {
    let outside_execution = outside(calls);
    relay(account, outside_execution, sign_outside_as_owner(account, outside_execution))
}

/// The session signs `calls` for the relayer.
pub fn relay_as_session(account: ContractAddress, calls: Span<Call>) -> Outcome {
    relay_as(account, session(), calls)
}

/// The session of `key` signs `calls` for the relayer.
pub fn relay_as(account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>) -> Outcome {
    let outside_execution = outside(calls);
    let signature = sign_outside(key, account, outside_execution);
    let signature = array![key.public_key, *signature[0], *signature[1], END.into()];
    relay(account, outside_execution, signature)
}

/// Whether `__validate__` lets a plain transaction pass. A panic there fails the test.
pub fn is_validated(
    account: ContractAddress, calls: Span<Call>, signature: Array<felt252>,
) -> bool {
    start_cheat_signature_global(signature.span());
    cheat_caller_address(account, PROTOCOL, CheatSpan::TargetCalls(1));
    let answer = ISRC6Dispatcher { contract_address: account }.__validate__(calls.into());
    assert!(answer == VALIDATED || answer == 0, "neither yes nor no: {answer}");
    answer == VALIDATED
}

/// What comes of a plain transaction: `None` if `__validate__` refuses it, else what `__execute__`
/// gives.
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

/// The session of `key` sends `calls`.
pub fn transact_as(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>,
) -> Option<Execution> {
    transact(account, calls, sign_for(key, HASH, END.into()))
}

pub fn assert_reverts<T, +Drop<T>>(outcome: Result<T, Array<felt252>>, error: felt252) {
    assert_eq!(*outcome.expect_err('not refused')[0], error);
}

/// Has whatever `calls` call answer, so that a test needs no contract there.
pub fn mocked(calls: Array<Call>) -> Span<Call> {
    for call in calls.span() {
        start_mock_call(*call.to, *call.selector, 'done');
    }
    calls.span()
}

/// The session of `key` may make `calls` both ways, and each use is counted once.
pub fn assert_allowed_both_ways(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>,
) {
    let used = calls_used(account, key);
    transact_as(account, key, calls).expect('refused in validation').unwrap();
    assert_eq!(calls_used(account, key), used + 1);
    relay_as(account, key, calls).unwrap();
    assert_eq!(calls_used(account, key), used + 2);
}

/// The session of `key` may make `calls` neither way: it is refused in validation, and with `error`
/// in an outside execution, and nothing is counted.
pub fn assert_refused_both_ways(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>, error: felt252,
) {
    let used = calls_used(account, key);
    assert!(transact_as(account, key, calls).is_none(), "{error} was not refused");
    assert_reverts(relay_as(account, key, calls), error);
    assert_eq!(calls_used(account, key), used);
}

/// `calls` of the session of `key` are validated, and revert with `error` both ways.
pub fn assert_reverts_both_ways(
    account: ContractAddress, key: StarkCurveKeyPair, calls: Span<Call>, error: felt252,
) {
    let outcome = transact_as(account, key, calls).expect('refused in validation');
    assert_reverts(outcome, error);
    assert_reverts(relay_as(account, key, calls), error);
}

/// The next call of `account` comes from itself, as those do that the owner signs.
pub fn call_from_itself(account: ContractAddress) {
    cheat_caller_address(account, account, CheatSpan::TargetCalls(1));
}

/// A contract of the class that is called `name` and whose constructor takes nothing.
pub fn deploy_mock(name: ByteArray) -> ContractAddress {
    let (address, _) = declare(name).unwrap().contract_class().deploy(@array![]).unwrap();
    address
}
