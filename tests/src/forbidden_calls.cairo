//! What no session may call, whatever its list says: the account itself, and SNIP-163's nine
//! blocked selectors on any contract. (`self_ending` tests the one exception, the call by which a
//! session ends itself.)

use session_account::session::interface::AllowedCall;
use starknet::account::Call;
use crate::support::account::{
    END, STRANGER, TOKEN, call, calls_used, deploy, key, register, session, transfer,
};
use crate::support::lists::{blocked, register_for};
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked};

const SELF_CALL: felt252 = 'Session: call to the account';
const BLOCKED_SELECTOR: felt252 = 'Session: blocked selector';

#[test]
fn no_session_calls_the_account_whatever_its_whitelist() {
    let own = selector!("get_public_key");
    for listed in array![array![], array![selector!("transfer"), own]] {
        let account = deploy(10, listed);
        for selector in array![own, selector!("transfer"), 0, -1] {
            let to_itself = Call { to: account, selector, calldata: array![].span() };
            for batch in array![
                array![to_itself], array![call(selector!("transfer")), to_itself],
                array![to_itself, call(selector!("transfer"))],
            ] {
                assert_refused_both_ways(account, session(), batch.span(), SELF_CALL);
            }
        }
        assert_allowed_both_ways(account, session(), mocked(array![call(own)]));
    }
}

#[test]
fn no_session_calls_a_blocked_selector_on_any_contract() {
    let account = deploy(100, array![]);
    for selector in blocked() {
        for to in array![TOKEN, STRANGER, 0.try_into().unwrap()] {
            let blocked = Call { to, ..call(selector) };
            let batch = array![call(selector!("transfer")), blocked];
            assert_refused_both_ways(account, session(), batch.span(), BLOCKED_SELECTOR);
        }
    }
    assert_eq!(calls_used(account, session()), 0);
    assert_allowed_both_ways(account, session(), mocked(array![call(selector!("upgrades"))]));
}

#[test]
fn a1_3_and_a1_8_a_session_neither_registers_nor_revokes() {
    let account = deploy(1, array![]);
    for selector in array![
        selector!("add_or_update_session_key"), selector!("add_session"),
        selector!("add_session_for_calls"), selector!("revoke_session_key"),
        selector!("revoke_session"), selector!("revoke_all_sessions"),
        selector!("set_session_fee_limit"), selector!("remove_session_fee_limit"),
        selector!("set_spending_policy"), selector!("remove_spending_policy"),
    ] {
        let calldata = array![session().public_key, END.into(), 1, 0].span();
        let managing = Call { to: account, selector, calldata };
        assert_refused_both_ways(account, session(), array![managing].span(), SELF_CALL);
    }
}

#[test]
fn a2_1_no_session_nests_an_execution() {
    let account = deploy(10, array![]);
    let calldata = array![1, TOKEN.into(), selector!("transfer"), 0].span();
    let nested = Call { to: account, selector: selector!("__execute__"), calldata };
    assert_refused_both_ways(account, session(), array![nested].span(), SELF_CALL);
    let elsewhere = Call { to: STRANGER, ..nested };
    assert_refused_both_ways(account, session(), array![elsewhere].span(), BLOCKED_SELECTOR);
}

#[test]
fn a3_1_a3_2_and_a3_3_no_session_takes_the_account_over_or_nests_outside_execution() {
    let account = deploy(10, array![]);
    for selector in array![
        selector!("set_public_key"), selector!("setPublicKey"),
        selector!("execute_from_outside_v2"), selector!("upgrade"),
    ] {
        let takeover = Call { to: account, selector, calldata: array![1].span() };
        assert_refused_both_ways(account, session(), array![takeover].span(), SELF_CALL);
        let elsewhere = Call { to: STRANGER, ..takeover };
        assert_refused_both_ways(account, session(), array![elsewhere].span(), BLOCKED_SELECTOR);
    }
}

/// A session with a list of calls may not call the account either.
#[test]
fn a_scoped_session_calls_neither_the_account_nor_a_blocked_selector() {
    let account = deploy(10, array![]);
    let listed = key('listed');
    let allowed = AllowedCall {
        to: TOKEN, selector: selector!("transfer"), argument: Option::None,
    };
    register_for(account, listed, array![allowed]);
    assert_allowed_both_ways(account, listed, mocked(transfer()));
    let to_itself = Call { to: account, ..call(selector!("transfer")) };
    assert_refused_both_ways(account, listed, array![to_itself].span(), SELF_CALL);
    for selector in blocked() {
        assert_refused_both_ways(account, listed, array![call(selector)].span(), BLOCKED_SELECTOR);
    }
    register(account, key('plain'), 10, array![selector!("transfer")]);
    assert_allowed_both_ways(account, key('plain'), mocked(transfer()));
}
