//! Shows the known limits of SECURITY.md, and that they are no wider than it says.

use openzeppelin_interfaces::erc20::{IERC20Dispatcher, IERC20DispatcherTrait};
use session_account::outside_execution::interface::{
    ISRC9_V2SafeDispatcher, ISRC9_V2SafeDispatcherTrait, OutsideExecution,
};
use session_account::outside_execution::message;
use session_account::session::interface::{
    AllowedArgument, AllowedCall, ISessionKeyManagerDispatcherTrait, ISessionsDispatcherTrait,
};
use snforge_std::{ContractClassTrait, DeclareResultTrait, declare, start_mock_call};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{
    END, STRANGER, TOKEN, act_as, act_as_itself, deploy, error, execute, key, session, session_keys,
    sessions, sign_as_session, sign_for, transfer,
};
use crate::support::lists::deploy_for;
use crate::support::slots::{EPOCH, plant, read, record, record_of};

/// Deploys OpenZeppelin's ERC-20 token, of which `holder` has 10.
fn erc20(holder: ContractAddress) -> ContractAddress {
    let (name, symbol): (ByteArray, ByteArray) = ("Token", "TOK");
    let mut calldata = array![];
    (name, symbol, 10_u256, holder, STRANGER).serialize(ref calldata);
    let class = declare("ERC20Upgradeable").unwrap().contract_class();
    let (token, _) = class.deploy(@calldata).unwrap();
    token
}

/// An outside execution that nobody has submitted becomes valid again when its key is registered
/// again. So each session should have a fresh key.
#[test]
#[feature("safe_dispatcher")]
fn a_key_that_is_registered_again_revives_what_nobody_submitted() {
    let account = deploy(10, array![]);
    start_mock_call(TOKEN, selector!("transfer"), 'done');
    let outside = OutsideExecution {
        caller: STRANGER, nonce: 1, execute_after: 0, execute_before: END, calls: transfer().span(),
    };
    let chain_id = starknet::get_tx_info().unbox().chain_id;
    let hash = message::hash(@outside, account, chain_id);
    let signature = sign_for(session(), hash, END.into()).span();
    let safe = ISRC9_V2SafeDispatcher { contract_address: account };

    act_as_itself(account);
    sessions(account).revoke_session(session().public_key);
    act_as(account, STRANGER);
    assert_eq!(error(safe.execute_from_outside_v2(outside, signature)), 'Session: not found');

    act_as_itself(account);
    session_keys(account).add_or_update_session_key(session().public_key, END, 10, array![]);
    act_as(account, STRANGER);
    assert_eq!(error(safe.execute_from_outside_v2(outside, signature)), 0);
}

#[test]
fn an_allowance_outlives_the_session_that_granted_it() {
    let account = deploy(10, array![selector!("approve")]);
    let token = erc20(account);
    let calldata = array![STRANGER.into(), 10, 0].span();
    let approve = Call { to: token, selector: selector!("approve"), calldata };
    assert_eq!(error(execute(account, sign_as_session(), array![approve])), 0);

    act_as_itself(account);
    sessions(account).revoke_session(session().public_key);
    act_as(token, STRANGER);
    let erc20 = IERC20Dispatcher { contract_address: token };
    assert!(erc20.transfer_from(account, STRANGER, 10));
    assert_eq!(erc20.balance_of(STRANGER), 10);
}

/// A record that an earlier class planted with a later epoch becomes a session when the account
/// reaches that epoch. So an owner who does not trust the earlier class should move to a new
/// account.
#[test]
fn a_record_planted_for_a_later_epoch_wakes_when_that_comes() {
    let account = deploy(10, array![]);
    let planted = key('planted').public_key;
    plant(account, record_of(planted), record(1, 2));
    for (epoch, lives) in array![(1, false), (2, true), (3, false)] {
        act_as_itself(account);
        sessions(account).revoke_all_sessions();
        assert_eq!(read(account, EPOCH), epoch);
        assert_eq!(sessions(account).get_session_status(planted).is_active, lives);
    }
}

/// A `u256` is two felts in the calldata. A pin on the low felt leaves the high felt free, so that
/// no client offers to pin an amount.
#[test]
fn a_pin_binds_one_felt_and_not_a_number() {
    let account = deploy_for(
        array![
            AllowedCall {
                to: TOKEN,
                selector: selector!("transfer"),
                argument: Option::Some(AllowedArgument { index: 1, value: 1 }),
            },
        ],
    );
    let paying = |low, high| {
        let calldata = array![STRANGER.into(), low, high].span();
        Call { to: TOKEN, selector: selector!("transfer"), calldata }
    };
    let key = session().public_key;
    assert!(sessions(account).is_call_allowed(key, paying(1, 0)));
    assert!(!sessions(account).is_call_allowed(key, paying(2, 0)));
    assert!(sessions(account).is_call_allowed(key, paying(1, 1)));
}
