//! The account accepts what an independent client hashed and signed, byte for byte.

use core::dict::Felt252Dict;
use session_account::outside_execution::message;
use session_account::session::interface::{ISessionsDispatcher, ISessionsDispatcherTrait};
use snforge_std::{
    ContractClassTrait, map_entry_address, start_cheat_block_timestamp_global,
    start_cheat_chain_id_global, start_mock_call, store,
};
use crate::support::account::{LATEST, class, owner};
use crate::support::outside::{assert_reverts, call_from_itself, relay_by};
use crate::support::vectors::outside_executions::{SignedOutside, outside_executions};

#[test]
fn outside_execution_hashes_are_those_of_an_independent_client() {
    let (_, cases) = outside_executions();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let hash = message::hash(@case.outside_execution, case.account, case.chain_id);
        assert_eq!(hash, case.message_hash);
    }
}

#[test]
fn the_account_accepts_the_bytes_of_an_independent_client() {
    let (key, cases) = timely();
    let mut placed: Felt252Dict<bool> = Default::default();
    for case in cases {
        if !placed.get(case.account.into()) {
            placed.insert(case.account.into(), true);
            place(case, key);
        }
        let (r, s) = (case.r, case.s);
        assert_accepts(case, array![r, s], array![r, s + 1], 'SRC9: invalid signature');
    }
}

#[test]
fn the_account_accepts_a_sessions_bytes_of_an_independent_client() {
    let (key, cases) = timely();
    let mut placed: Felt252Dict<bool> = Default::default();
    for case in cases {
        if !placed.get(case.account.into()) {
            placed.insert(case.account.into(), true);
            place(case, owner().public_key);
            call_from_itself(case.account);
            ISessionsDispatcher { contract_address: case.account }
                .add_session(key, LATEST, 10, array![]);
        }
        let (r, s, end) = (case.r, case.s, LATEST.into());
        let right = array![key, r, s, end];
        if case.outside_execution.calls.is_empty() {
            come(case);
            let outcome = relay_by(
                case.outside_execution.caller, case.account, case.outside_execution, right,
            );
            assert_reverts(outcome, 'Session: empty batch');
        } else {
            assert_accepts(case, right, array![key, r, s + 1, end], 'Session: invalid signature');
        }
    }
}

/// Returns the key, and the cases that can be submitted at some time. The other four have no second
/// between their two time bounds.
fn timely() -> (felt252, Array<SignedOutside>) {
    let (key, cases) = outside_executions();
    let mut timely = array![];
    for case in cases {
        if case.outside_execution.execute_after + 1 < case.outside_execution.execute_before {
            timely.append(case);
        }
    }
    assert_eq!(timely.len(), 6);
    (key, timely)
}

fn place(case: SignedOutside, owner: felt252) {
    start_cheat_block_timestamp_global(1);
    class().deploy_at(@array![owner], case.account).unwrap();
}

/// Sets the chain and the first second at which `case` may be submitted. Two of the cases have the
/// same account and nonce on different chains. In this test they share one account, so the nonce is
/// made unspent again.
fn come(case: SignedOutside) {
    start_cheat_chain_id_global(case.chain_id);
    start_cheat_block_timestamp_global(case.outside_execution.execute_after + 1);
    let nonce = array![case.outside_execution.nonce].span();
    let slot = map_entry_address(selector!("SRC9_nonces"), nonce);
    store(case.account, slot, array![0].span());
}

/// Asserts that the account refuses `case` with the signature `wrong` and accepts it with `right`.
/// The called contracts are mocked, since they do not exist.
fn assert_accepts(
    case: SignedOutside, right: Array<felt252>, wrong: Array<felt252>, error: felt252,
) {
    come(case);
    let SignedOutside { account, outside_execution, .. } = case;
    let mut expected = array![];
    for call in outside_execution.calls {
        start_mock_call(*call.to, *call.selector, 'answered');
        expected.append(array!['answered'].span());
    }
    let caller = outside_execution.caller;
    assert_reverts(relay_by(caller, account, outside_execution, wrong), error);
    assert_eq!(relay_by(caller, account, outside_execution, right).unwrap(), expected);
}
