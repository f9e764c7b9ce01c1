//! Deploys accounts that hold tokens, sets their sessions' policies, and makes the calls that move
//! the tokens.

use session_account::spending::interface::{
    ISessionSpendingPolicyDispatcher, ISessionSpendingPolicyDispatcherTrait,
    ISessionSpendingTokensDispatcher, ISessionSpendingTokensDispatcherTrait,
};
use session_account_mocks::liar::{ILiarDispatcher, ILiarDispatcherTrait};
use session_account_mocks::token::{ITokenDispatcher, ITokenDispatcherTrait};
use snforge_std::signature::stark_curve::StarkCurveKeyPair;
use snforge_std::{CheatSpan, cheat_caller_address};
use starknet::ContractAddress;
use starknet::account::Call;
use super::account::{END, deploy, session};
use super::outside::{
    Execution, call_from_itself, deploy_mock, outside, relay_as_session, sign_outside,
    sign_outside_as_owner, sign_outside_as_session, submit, transact_as_session,
};

pub const WINDOW: u64 = 600;
/// How much of each token the account holds at first.
pub const HELD: u256 = 1_000;
pub const OVER_WINDOW: felt252 = 'Spending: over window maximum';
pub const NO_BALANCE: felt252 = 'Spending: no balance';

pub fn policies(account: ContractAddress) -> ISessionSpendingPolicyDispatcher {
    ISessionSpendingPolicyDispatcher { contract_address: account }
}

/// Returns the tokens for which `key` has policies.
pub fn tokens(account: ContractAddress, key: felt252) -> Array<ContractAddress> {
    ISessionSpendingTokensDispatcher { contract_address: account }.get_spending_tokens(key)
}

/// Sets a policy for the session: at most `maximum` of `token` may leave the account in a window,
/// in one call or in several.
pub fn cap(account: ContractAddress, token: ContractAddress, maximum: u256) {
    cap_for(account, session().public_key, token, maximum);
}

pub fn cap_for(account: ContractAddress, key: felt252, token: ContractAddress, maximum: u256) {
    call_from_itself(account);
    policies(account).set_spending_policy(key, token, maximum, maximum, WINDOW);
}

/// Removes the session's policy for `token`.
pub fn uncap(account: ContractAddress, token: ContractAddress) {
    call_from_itself(account);
    policies(account).remove_spending_policy(session().public_key, token);
}

/// Returns what the session has spent of `token` in the current window.
pub fn spent(account: ContractAddress, token: ContractAddress) -> u256 {
    policies(account).get_spending_policy(session().public_key, token).spent_in_window
}

/// Deploys an account and a token that it holds. Its session's policy lets at most `maximum` of the
/// token leave in a window.
pub fn capped(maximum: u256) -> (ContractAddress, ContractAddress) {
    let account = deploy(1_000, array![]);
    let token = held_by(account);
    cap(account, token, maximum);
    (account, token)
}

/// Deploys a token and gives `holder` `HELD` of it.
pub fn held_by(holder: ContractAddress) -> ContractAddress {
    let token = deploy_mock("Token");
    mint(token, holder);
    token
}

/// Gives `holder` `HELD` of `token`.
pub fn mint(token: ContractAddress, holder: ContractAddress) {
    ITokenDispatcher { contract_address: token }.mint(holder, HELD);
}

pub fn balance(token: ContractAddress, holder: ContractAddress) -> u256 {
    ITokenDispatcher { contract_address: token }.balance_of(holder)
}

/// Approves `amount` for `spender`, as a transaction of the owner would.
pub fn allow(
    account: ContractAddress, token: ContractAddress, spender: ContractAddress, amount: u256,
) {
    cheat_caller_address(token, account, CheatSpan::TargetCalls(1));
    ITokenDispatcher { contract_address: token }.approve(spender, amount);
}

/// Deploys a bridge that may burn `token` of any holder.
pub fn bridge_of(token: ContractAddress) -> ContractAddress {
    let bridge = deploy_mock("Bridge");
    ITokenDispatcher { contract_address: token }.permit_burner(bridge);
    bridge
}

/// Deploys the mock `name` and gives it `HELD` of `token`.
pub fn funded(name: ByteArray, token: ContractAddress) -> ContractAddress {
    let contract = deploy_mock(name);
    mint(token, contract);
    contract
}

/// Deploys a token that answers that everyone holds `amount` of it and that nobody may pull any.
pub fn truthful(amount: u128) -> ILiarDispatcher {
    let liar = ILiarDispatcher { contract_address: deploy_mock("Liar") };
    liar.answer(selector!("balance_of"), array![amount.into(), 0]);
    liar.answer(selector!("allowance"), array![0, 0]);
    liar
}

pub fn call<T, +Serde<T>, +Drop<T>>(to: ContractAddress, selector: felt252, arguments: T) -> Call {
    let mut calldata = array![];
    arguments.serialize(ref calldata);
    Call { to, selector, calldata: calldata.span() }
}

pub fn approve(token: ContractAddress, spender: ContractAddress, amount: u256) -> Call {
    call(token, selector!("approve"), (spender, amount))
}

pub fn increase(token: ContractAddress, spender: ContractAddress, amount: u256) -> Call {
    call(token, selector!("increase_allowance"), (spender, amount))
}

/// Returns the call by which the account has `bridge` burn `amount` of its `token`, without an
/// allowance.
pub fn withdraw(bridge: ContractAddress, token: ContractAddress, amount: u256) -> Call {
    call(bridge, selector!("initiate_token_withdraw"), (token, 1, amount))
}

/// Returns the call that has `router` pull from `sender`, by its allowance.
pub fn pull(
    router: ContractAddress, token: ContractAddress, sender: ContractAddress, amount: u256,
) -> Call {
    call(router, selector!("pull"), (token, sender, amount))
}

/// Returns the call that has `exchange` pull `sold` from the account, by its allowance, and pay the
/// same amount of `bought`.
pub fn swap(
    exchange: ContractAddress, sold: ContractAddress, amount: u256, bought: ContractAddress,
) -> Call {
    call(exchange, selector!("swap"), (sold, amount, bought))
}

pub fn deposit(vault: ContractAddress, token: ContractAddress, amount: u256) -> Call {
    call(vault, selector!("deposit"), (token, amount))
}

pub fn redeem(
    vault: ContractAddress, token: ContractAddress, amount: u256, receiver: ContractAddress,
) -> Call {
    call(vault, selector!("redeem"), (token, amount, receiver))
}

/// Returns the call that has `payout` pay `recipient`. Anyone may make it.
pub fn trigger(
    payout: ContractAddress, token: ContractAddress, recipient: ContractAddress, amount: u256,
) -> Call {
    call(payout, selector!("pay"), (token, recipient, amount))
}

/// Returns a call to a new contract that makes `calls`.
pub fn through(calls: Array<Call>) -> Call {
    call(deploy_mock("Caller"), selector!("make"), (calls,))
}

/// Returns the call that submits an outside execution of `calls`, signed by the session.
pub fn as_session(account: ContractAddress, calls: Array<Call>) -> Call {
    let signed = outside(calls.span());
    resubmit(account, submit(signed, sign_outside_as_session(account, signed)))
}

/// Returns the call that submits an outside execution of `calls`, signed by the session of `key`.
pub fn as_key(account: ContractAddress, key: StarkCurveKeyPair, calls: Array<Call>) -> Call {
    let signed = outside(calls.span());
    let signature = sign_outside(key, account, signed);
    let signature = array![key.public_key, *signature[0], *signature[1], END.into()];
    resubmit(account, submit(signed, signature))
}

/// Returns the call that submits an outside execution of `calls`, signed by the owner.
pub fn as_owner(account: ContractAddress, calls: Array<Call>) -> Call {
    let signed = outside(calls.span());
    resubmit(account, submit(signed, sign_outside_as_owner(account, signed)))
}

fn resubmit(account: ContractAddress, calldata: Array<felt252>) -> Call {
    Call { to: account, selector: selector!("execute_from_outside_v2"), calldata: calldata.span() }
}

/// Has the session make `calls`, by a plain transaction or through a relayer.
pub fn act(account: ContractAddress, plain: bool, calls: Array<Call>) -> Execution {
    if plain {
        transact_as_session(account, calls.span()).expect('refused in validation')
    } else {
        match relay_as_session(account, calls.span()) {
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Makes `call` directly, without an account.
pub fn by_anybody(call: Call) {
    starknet::syscalls::call_contract_syscall(call.to, call.selector, call.calldata).unwrap();
}
