//! Deploys OpenZeppelin's account beside the one under test, with the same owner, makes the same
//! calls to both, and deploys OpenZeppelin's tokens.

use SRC9Component::SNIP12MetadataImpl;
use openzeppelin_account::extensions::src9::snip12_utils::OutsideExecutionStructHash;
use openzeppelin_account::extensions::src9::{OutsideExecution, SRC9Component};
use openzeppelin_utils::cryptography::snip12::OffchainMessageHash;
use snforge_std::signature::stark_curve::{StarkCurveKeyPair, StarkCurveSignerImpl};
use snforge_std::{
    CheatSpan, ContractClass, ContractClassTrait, DeclareResultTrait, cheat_caller_address, declare,
    start_cheat_signature_global,
};
use starknet::account::Call;
use starknet::syscalls::call_contract_syscall;
use starknet::{ContractAddress, SyscallResult};
use super::account::{NOW, PROTOCOL, deploy, owner};

pub const ANY_CALLER: ContractAddress = 'ANY_CALLER'.try_into().unwrap();
pub const RELAYER: ContractAddress = 'relayer'.try_into().unwrap();
pub const STRANGER: ContractAddress = 'stranger'.try_into().unwrap();
pub const PAYEE: ContractAddress = 'payee'.try_into().unwrap();

/// What a call returned, or the error data with which it reverted.
pub type Outcome = SyscallResult<Span<felt252>>;

/// Declares and returns the class of OpenZeppelin's account.
pub fn openzeppelins() -> ContractClass {
    *declare("AccountUpgradeable").unwrap().contract_class()
}

/// Deploys the account under test, with a session, and then OpenZeppelin's, with the same owner.
pub fn both() -> Span<ContractAddress> {
    let ours = deploy(10, array![]);
    let (theirs, _) = openzeppelins().deploy(@array![owner().public_key]).unwrap();
    array![ours, theirs].span()
}

/// Has `caller` call `account`.
pub fn ask<T, +Serde<T>, +Drop<T>>(
    account: ContractAddress, caller: ContractAddress, selector: felt252, arguments: @T,
) -> Outcome {
    let mut calldata = array![];
    arguments.serialize(ref calldata);
    cheat_caller_address(account, caller, CheatSpan::TargetCalls(1));
    call_contract_syscall(account, selector, calldata.span())
}

/// Has the protocol call `account` in a transaction with `signature`.
pub fn ask_as_protocol<T, +Serde<T>, +Drop<T>>(
    account: ContractAddress, signature: Array<felt252>, selector: felt252, arguments: @T,
) -> Outcome {
    start_cheat_signature_global(signature.span());
    ask(account, PROTOCOL, selector, arguments)
}

/// Returns what both accounts answered. Panics if the two answers differ.
pub fn agreed(mut outcomes: Array<Outcome>) -> Outcome {
    let theirs = outcomes.pop_front().unwrap();
    let ours = outcomes.pop_front().unwrap();
    assert!(ours == theirs, "{ours:?} is not {theirs:?}");
    assert!(outcomes.is_empty(), "more than two accounts");
    ours
}

/// Returns the error with which `outcome` reverted. Panics if it did not.
pub fn error(outcome: Outcome) -> felt252 {
    *outcome.expect_err('not refused')[0]
}

/// Returns an outside execution of `calls` that only `caller` may submit, and only in this second.
pub fn outside(caller: ContractAddress, nonce: felt252, calls: Span<Call>) -> OutsideExecution {
    OutsideExecution { caller, nonce, execute_after: NOW - 1, execute_before: NOW + 1, calls }
}

/// Returns the signature by `key` of `execution` for `account`. OpenZeppelin's code computes the
/// hash.
pub fn sign_outside(
    key: StarkCurveKeyPair, account: ContractAddress, execution: OutsideExecution,
) -> Array<felt252> {
    let (r, s) = key.sign(execution.get_message_hash(account)).unwrap();
    array![r, s]
}

/// Has `caller` submit `execution`, signed by the owner of `account`.
pub fn submit(
    account: ContractAddress, caller: ContractAddress, execution: OutsideExecution,
) -> Outcome {
    submit_signed(account, caller, execution, sign_outside(owner(), account, execution))
}

pub fn submit_signed(
    account: ContractAddress,
    caller: ContractAddress,
    execution: OutsideExecution,
    signature: Array<felt252>,
) -> Outcome {
    ask(account, caller, selector!("execute_from_outside_v2"), @(execution, signature))
}

/// Deploys the token class `name` with `arguments` for its constructor.
pub fn deploy_token<T, +Serde<T>, +Drop<T>>(name: ByteArray, arguments: T) -> ContractAddress {
    let mut calldata = array![];
    arguments.serialize(ref calldata);
    let (token, _) = declare(name).unwrap().contract_class().deploy(@calldata).unwrap();
    token
}

/// Returns a name and a symbol for a token.
pub fn name() -> (ByteArray, ByteArray) {
    ("Token", "TOK")
}

/// Deploys OpenZeppelin's ERC-20 token, of which `account` has 100.
pub fn erc20(account: ContractAddress) -> ContractAddress {
    deploy_token("ERC20Upgradeable", (name(), 100_u256, account, STRANGER))
}

/// Returns a transfer of 10 of `token` to the payee.
pub fn payment(token: ContractAddress) -> Call {
    let calldata = array![PAYEE.into(), 10, 0].span();
    Call { to: token, selector: selector!("transfer"), calldata }
}
