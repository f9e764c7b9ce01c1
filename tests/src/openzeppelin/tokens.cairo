//! OpenZeppelin's tokens: the account holds them, and its owner and its sessions transfer them.

use openzeppelin_interfaces::erc1155::{IERC1155Dispatcher, IERC1155DispatcherTrait};
use openzeppelin_interfaces::erc20::{
    IERC20Dispatcher, IERC20DispatcherTrait, IERC20PermitDispatcher, IERC20PermitDispatcherTrait,
    IERC20PermitSafeDispatcher, IERC20PermitSafeDispatcherTrait,
};
use openzeppelin_interfaces::erc721::{
    IERC721Dispatcher, IERC721DispatcherTrait, IERC721SafeDispatcher, IERC721SafeDispatcherTrait,
};
use openzeppelin_token::erc20::snip12_utils::permit::Permit;
use openzeppelin_utils::cryptography::snip12::OffchainMessageHash;
use session_account::spending::interface::{
    ISessionSpendingPolicyDispatcher, ISessionSpendingPolicyDispatcherTrait,
};
use snforge_std::signature::stark_curve::{StarkCurveKeyPair, StarkCurveSignerImpl};
use snforge_std::{CheatSpan, ContractClassTrait, cheat_caller_address};
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{END, NOW, deploy, owner, session, sign, sign_as_session};
use crate::support::caps::{act, allow, approve, cap, funded, pull, spent, swap};
use crate::support::mocks::permit_token::PermitToken::SNIP12MetadataImpl;
use crate::support::openzeppelin::{
    ANY_CALLER, Outcome, PAYEE, RELAYER, STRANGER, ask_as_protocol, deploy_token, erc20, error,
    name, outside, payment, sign_outside, submit, submit_signed,
};
use crate::support::outside::{assert_reverts, deploy_mock};

const HOLDER: ContractAddress = 'holder'.try_into().unwrap();

/// Deploys OpenZeppelin's ERC-721 token, of which `account` has the numbers 1 and 2.
fn erc721(account: ContractAddress) -> ContractAddress {
    let base_uri: ByteArray = "";
    let tokens = array![1_u256, 2].span();
    deploy_token("ERC721Upgradeable", (name(), base_uri, (account, tokens, STRANGER)))
}

/// Deploys OpenZeppelin's ERC-1155 token, of whose number 1 `account` has 100. Minting asks
/// `account` whether it supports SNIP-6.
fn erc1155(account: ContractAddress) -> ContractAddress {
    let base_uri: ByteArray = "";
    let (tokens, values) = (array![1_u256].span(), array![100_u256].span());
    deploy_token("ERC1155Upgradeable", (base_uri, account, (tokens, values, STRANGER)))
}

fn call<T, +Serde<T>, +Drop<T>>(token: ContractAddress, selector: felt252, arguments: T) -> Call {
    let mut calldata = array![];
    arguments.serialize(ref calldata);
    Call { to: token, selector, calldata: calldata.span() }
}

/// Sends a plain transaction, which must be valid.
fn transact(account: ContractAddress, signature: Array<felt252>, calls: Array<Call>) -> Outcome {
    let validated = ask_as_protocol(account, signature.clone(), selector!("__validate__"), @calls);
    assert_eq!(validated, Ok(array![VALIDATED].span()));
    ask_as_protocol(account, signature, selector!("__execute__"), @calls)
}

/// Has the relayer submit an outside execution that the session signs.
fn relay(account: ContractAddress, nonce: felt252, calls: Array<Call>) -> Outcome {
    let execution = outside(RELAYER, nonce, calls.span());
    let signed = sign_outside(session(), account, execution);
    let signature = array![session().public_key, *signed[0], *signed[1], END.into()];
    submit_signed(account, RELAYER, execution, signature)
}

#[test]
fn owner_and_session_pay_in_erc20_both_ways() {
    let account = deploy(10, array![selector!("transfer")]);
    let token = erc20(account);
    transact(account, sign(owner()), array![payment(token)]).unwrap();
    transact(account, sign_as_session(), array![payment(token)]).unwrap();
    submit(account, STRANGER, outside(ANY_CALLER, 1, array![payment(token)].span())).unwrap();
    relay(account, 2, array![payment(token)]).unwrap();
    let erc20 = IERC20Dispatcher { contract_address: token };
    assert_eq!((erc20.balance_of(PAYEE), erc20.balance_of(account)), (40, 60));
}

#[test]
fn a_policy_counts_what_openzeppelins_erc20_moves() {
    let account = deploy(10, array![]);
    let token = erc20(account);
    cheat_caller_address(account, account, CheatSpan::TargetCalls(1));
    ISessionSpendingPolicyDispatcher { contract_address: account }
        .set_spending_policy(session().public_key, token, 10, 25, 3_600);
    transact(account, sign_as_session(), array![payment(token)]).unwrap();
    relay(account, 1, array![payment(token)]).unwrap();
    let over = transact(account, sign_as_session(), array![payment(token)]);
    assert_eq!(error(over), 'Spending: over window maximum');
    let over = relay(account, 2, array![payment(token)]);
    assert_eq!(error(over), 'Spending: over window maximum');
    let pull = call(token, selector!("transfer_from"), (account, PAYEE, 1_u256));
    let uncounted = transact(account, sign_as_session(), array![pull]);
    assert_eq!(error(uncounted), 'Spending: selector not counted');
    assert_eq!(IERC20Dispatcher { contract_address: token }.balance_of(PAYEE), 20);
}

/// P-26, P-28 and P-30 with the `balance_of` and the `allowance` of OpenZeppelin's token instead of
/// a mock.
#[test]
fn a_policy_counts_what_others_take_of_openzeppelins_erc20() {
    for plain in array![true, false] {
        let account = deploy(10, array![]);
        let token = erc20(account);
        cap(account, token, 25);
        let bought = deploy_mock("Token");
        let (exchange, router) = (funded("Exchange", bought), deploy_mock("Router"));
        let calls = array![approve(token, exchange, 10), swap(exchange, token, 10, bought)];
        act(account, plain, calls).unwrap();
        assert_eq!(spent(account, token), 10);
        allow(account, token, router, 100);
        let over = act(account, plain, array![pull(router, token, account, 16)]);
        assert_reverts(over, 'Spending: over window maximum');
        act(account, plain, array![payment(token), pull(router, token, account, 5)]).unwrap();
        assert_eq!(spent(account, token), 25);
        assert_eq!(IERC20Dispatcher { contract_address: token }.balance_of(account), 75);
    }
}

#[test]
#[feature("safe_dispatcher")]
fn an_nft_is_safely_received_and_given_away() {
    let account = deploy(10, array![]);
    let token = erc721(HOLDER);
    let erc721 = IERC721Dispatcher { contract_address: token };
    cheat_caller_address(token, HOLDER, CheatSpan::TargetCalls(1));
    erc721.safe_transfer_from(HOLDER, account, 1, array![].span());
    assert_eq!(erc721.owner_of(1), account);
    // The token refuses to send to a contract that is no account.
    let safe = IERC721SafeDispatcher { contract_address: token };
    cheat_caller_address(token, HOLDER, CheatSpan::TargetCalls(1));
    assert!(safe.safe_transfer_from(HOLDER, token, 2, array![].span()).is_err());

    let selector = selector!("transfer_from");
    let give = array![call(token, selector, (account, PAYEE, 1_u256))];
    transact(account, sign_as_session(), give).unwrap();
    assert_eq!(erc721.owner_of(1), PAYEE);
}

#[test]
fn a_multi_token_is_safely_received_and_given_away() {
    let account = deploy(10, array![]);
    let token = erc1155(account);
    let erc1155 = IERC1155Dispatcher { contract_address: token };
    assert_eq!(erc1155.balance_of(account, 1), 100);

    let other = deploy_other();
    let selector = selector!("safe_transfer_from");
    let data: Span<felt252> = array![].span();
    let give = array![call(token, selector, (account, other, (1_u256, 10_u256, data)))];
    transact(account, sign_as_session(), give).unwrap();
    assert_eq!((erc1155.balance_of(account, 1), erc1155.balance_of(other, 1)), (90, 10));
}

/// Deploys a second account, of OpenZeppelin's class.
fn deploy_other() -> ContractAddress {
    let (other, _) = crate::support::openzeppelin::openzeppelins()
        .deploy(@array![session().public_key])
        .unwrap();
    other
}

/// Returns the signature by `key` of a permit: `PAYEE` may take 10 of `token` from `account`.
fn permit(
    key: StarkCurveKeyPair, account: ContractAddress, token: ContractAddress,
) -> (felt252, felt252) {
    let permit = Permit { token, spender: PAYEE, amount: 10, nonce: 0, deadline: NOW };
    key.sign(permit.get_message_hash(account)).unwrap()
}

/// A1-5: a session's signature of a permit is not valid, since a session signs nothing off-chain.
#[test]
#[feature("safe_dispatcher")]
fn a_permit_is_the_owners_to_sign_and_no_sessions() {
    let account = deploy(10, array![]);
    let token = deploy_token("PermitToken", ());
    let erc20 = IERC20Dispatcher { contract_address: token };
    let (r, s) = permit(session(), account, token);
    let safe = IERC20PermitSafeDispatcher { contract_address: token };
    for signature in array![array![r, s], array![session().public_key, r, s, END.into()]] {
        let refused = safe.permit(account, PAYEE, 10, NOW, signature.span());
        assert_eq!(*refused.unwrap_err()[0], 'ERC20: invalid permit signature');
    }
    assert_eq!(erc20.allowance(account, PAYEE), 0);

    let (r, s) = permit(owner(), account, token);
    IERC20PermitDispatcher { contract_address: token }
        .permit(account, PAYEE, 10, NOW, array![r, s].span());
    assert_eq!(erc20.allowance(account, PAYEE), 10);
}
