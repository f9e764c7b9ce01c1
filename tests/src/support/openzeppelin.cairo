//! An account of OpenZeppelin's, to set beside the one under test, and a token: both accounts have
//! the same owner and are asked the same.

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

/// What a call returned, or what it reverted with.
pub type Outcome = SyscallResult<Span<felt252>>;

/// OpenZeppelin's class.
pub fn openzeppelins() -> ContractClass {
    *declare("AccountUpgradeable").unwrap().contract_class()
}

/// The account under test, with a session, and OpenZeppelin's, of the same owner.
pub fn both() -> Span<ContractAddress> {
    let ours = deploy(10, array![]);
    let (theirs, _) = openzeppelins().deploy(@array![owner().public_key]).unwrap();
    array![ours, theirs].span()
}

/// What `account` answers to `caller`.
pub fn ask<T, +Serde<T>, +Drop<T>>(
    account: ContractAddress, caller: ContractAddress, selector: felt252, arguments: @T,
) -> Outcome {
    let mut calldata = array![];
    arguments.serialize(ref calldata);
    cheat_caller_address(account, caller, CheatSpan::TargetCalls(1));
    call_contract_syscall(account, selector, calldata.span())
}

/// What `account` answers to the protocol, in a transaction with `signature`.
pub fn ask_as_protocol<T, +Serde<T>, +Drop<T>>(
    account: ContractAddress, signature: Array<felt252>, selector: felt252, arguments: @T,
) -> Outcome {
    start_cheat_signature_global(signature.span());
    ask(account, PROTOCOL, selector, arguments)
}

/// What both answered: it must not differ.
pub fn agreed(mut outcomes: Array<Outcome>) -> Outcome {
    let theirs = outcomes.pop_front().unwrap();
    let ours = outcomes.pop_front().unwrap();
    assert!(ours == theirs, "{ours:?} is not {theirs:?}");
    assert!(outcomes.is_empty(), "more than two accounts");
    ours
}

/// The error that `outcome` reverted with.
pub fn error(outcome: Outcome) -> felt252 {
    *outcome.expect_err('not refused')[0]
}

/// `calls`, for `caller` to submit now and at no other second.
pub fn outside(caller: ContractAddress, nonce: felt252, calls: Span<Call>) -> OutsideExecution {
    OutsideExecution { caller, nonce, execute_after: NOW - 1, execute_before: NOW + 1, calls }
}

/// `key`'s signature of `execution` for `account`, over the hash that OpenZeppelin computes.
pub fn sign_outside(
    key: StarkCurveKeyPair, account: ContractAddress, execution: OutsideExecution,
) -> Array<felt252> {
    let (r, s) = key.sign(execution.get_message_hash(account)).unwrap();
    array![r, s]
}

/// What `account` answers when `caller` submits `execution`, signed by its owner.
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

/// A token of the class that is called `name`, whose constructor takes `arguments`.
pub fn deploy_token<T, +Serde<T>, +Drop<T>>(name: ByteArray, arguments: T) -> ContractAddress {
    let mut calldata = array![];
    arguments.serialize(ref calldata);
    let (token, _) = declare(name).unwrap().contract_class().deploy(@calldata).unwrap();
    token
}

/// A token's name and its symbol.
pub fn name() -> (ByteArray, ByteArray) {
    ("Token", "TOK")
}

/// OpenZeppelin's token, 100 of which `account` has.
pub fn erc20(account: ContractAddress) -> ContractAddress {
    deploy_token("ERC20Upgradeable", (name(), 100_u256, account, STRANGER))
}

/// A payment of 10 `token`.
pub fn payment(token: ContractAddress) -> Call {
    let calldata = array![PAYEE.into(), 10, 0].span();
    Call { to: token, selector: selector!("transfer"), calldata }
}
