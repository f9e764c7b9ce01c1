//! SNIP-9, version 2: outside executions, which the owner or a session signs and others submit.

use session_account::outside_execution::interface::{
    ISRC9_V2Dispatcher, ISRC9_V2DispatcherTrait, OutsideExecution,
};
use session_account::outside_execution::message;
use session_account::session::interface::{ISessionsDispatcher, ISessionsDispatcherTrait};
use snforge_std::signature::stark_curve::StarkCurveSignerImpl;
use snforge_std::{start_cheat_block_timestamp_global, start_cheat_signature_global};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{
    END, NOW, STRANGER, calls_used, deploy, key, owner, session, sign, sign_as_session,
};
use crate::support::boundaries::boundaries;
use crate::support::outside::{
    PAYEE, RELAYER, as_session, assert_refused_both_ways, assert_reverts, deploy_mock, outside,
    relay, relay_as_owner, relay_as_session, relay_by, sign_outside, sign_outside_as_owner,
    sign_outside_as_session, submit, transact_as_owner,
};
use crate::support::payments::{paid, payment, spend};

const NOT_FOUND: felt252 = 'Session: not found';
const INVALID: felt252 = 'Session: invalid signature';

fn is_unspent(account: ContractAddress, nonce: felt252) -> bool {
    ISRC9_V2Dispatcher { contract_address: account }.is_valid_outside_execution_nonce(nonce)
}

fn is_active(account: ContractAddress, key: felt252) -> bool {
    ISessionsDispatcher { contract_address: account }.get_session_status(key).is_active
}

/// Returns a call of the account's `add_session`, for `key` and without a list.
fn add_session(account: ContractAddress, key: felt252) -> Call {
    let calldata = array![key, END.into(), 10, 0];
    Call { to: account, selector: selector!("add_session"), calldata: calldata.span() }
}

/// Returns the owner's signature and the session's.
fn both(account: ContractAddress, outside_execution: OutsideExecution) -> Array<Array<felt252>> {
    array![
        sign_outside_as_owner(account, outside_execution),
        sign_outside_as_session(account, outside_execution),
    ]
}

/// Asserts that `outside_execution` is refused with `error`, signed by the owner or by the session.
fn assert_reverts_for_both(
    account: ContractAddress, outside_execution: OutsideExecution, error: felt252,
) {
    for signature in both(account, outside_execution) {
        assert_reverts(relay(account, outside_execution, signature), error);
    }
}

/// Asserts that `outside_execution` succeeds, signed by the owner, and under the next nonce by the
/// session.
fn assert_succeeds_for_both(account: ContractAddress, outside_execution: OutsideExecution) {
    let signature = sign_outside_as_owner(account, outside_execution);
    relay(account, outside_execution, signature).unwrap();
    let nonce = outside_execution.nonce + 1;
    let outside_execution = OutsideExecution { nonce, ..outside_execution };
    let signature = sign_outside_as_session(account, outside_execution);
    relay(account, outside_execution, signature).unwrap();
}

#[test]
fn both_time_bounds_are_excluded() {
    let account = deploy(10, array![]);
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    let (execute_after, execute_before) = (NOW + 1_000, NOW + 2_000);
    for time in array![execute_after - 1, execute_after] {
        start_cheat_block_timestamp_global(time);
        let early = OutsideExecution { execute_after, execute_before, ..outside(calls) };
        assert_reverts_for_both(account, early, 'SRC9: now <= execute_after');
    }
    for time in array![execute_after + 1, execute_before - 1] {
        start_cheat_block_timestamp_global(time);
        let in_time = OutsideExecution { execute_after, execute_before, ..outside(calls) };
        assert_succeeds_for_both(account, in_time);
    }
    for time in array![execute_before, execute_before + 1] {
        start_cheat_block_timestamp_global(time);
        let late = OutsideExecution { execute_after, execute_before, ..outside(calls) };
        assert_reverts_for_both(account, late, 'SRC9: now >= execute_before');
    }
}

#[test]
#[fuzzer]
fn the_time_is_within_the_bounds(execute_after: u64, now: u64, execute_before: u64) {
    let account = deploy(10, array![]);
    start_cheat_block_timestamp_global(now);
    let outside_execution = OutsideExecution {
        execute_after, execute_before, ..outside(array![].span()),
    };
    let signature = sign_outside_as_owner(account, outside_execution);
    let is_relayed = relay(account, outside_execution, signature).is_ok();
    assert_eq!(is_relayed, execute_after < now && now < execute_before);
}

#[test]
fn a_named_caller_is_the_only_one_and_zero_means_anyone() {
    let account = deploy(10, array![]);
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    let named = OutsideExecution { caller: RELAYER, ..outside(calls) };
    for caller in array![
        STRANGER, account, 0.try_into().unwrap(), 'ANY_CALLER'.try_into().unwrap(),
    ] {
        for signature in both(account, named) {
            assert_reverts(relay_by(caller, account, named, signature), 'SRC9: invalid caller');
        }
    }
    assert_succeeds_for_both(account, named);

    for anyone in array![0, 'ANY_CALLER'] {
        let caller = anyone.try_into().unwrap();
        for by in array![STRANGER, RELAYER, account] {
            let open = OutsideExecution { caller, ..outside(calls) };
            let signature = sign_outside_as_session(account, open);
            relay_by(by, account, open, signature).unwrap();
        }
    }
}

#[test]
fn a_nonce_is_spent_once() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let signed = outside(array![payment(token)].span());
    let signature = sign_outside_as_session(account, signed);
    assert!(is_unspent(account, signed.nonce));
    relay(account, signed, signature.clone()).unwrap();
    assert!(!is_unspent(account, signed.nonce));
    assert_reverts(relay(account, signed, signature), 'SRC9: duplicated nonce');

    let nonce = signed.nonce;
    let reuse = OutsideExecution { nonce, ..outside(array![payment(token)].span()) };
    assert_reverts_for_both(account, reuse, 'SRC9: duplicated nonce');
    assert_eq!((paid(token), calls_used(account, session())), (1, 1));
}

#[test]
#[fuzzer(runs: 64)]
fn a_nonce_may_be_any_felt(nonce: felt252) {
    let account = deploy(10, array![]);
    for nonce in array![0, 1, -1, nonce] {
        let signed = OutsideExecution { nonce, ..outside(array![].span()) };
        let signature = sign_outside_as_owner(account, signed);
        relay(account, signed, signature.clone()).unwrap();
        assert_reverts(relay(account, signed, signature), 'SRC9: duplicated nonce');
    }
    assert!(is_unspent(account, nonce + 1) || nonce == -1 || nonce == -2);
}

#[test]
fn what_fails_spends_no_nonce_and_counts_no_call() {
    let account = deploy(10, array![selector!("transfer")]);
    let token = deploy_mock("FreeToken");
    let refused = outside(array![spend(token, selector!("approve"), 1)].span());
    let signature = sign_outside_as_session(account, refused);
    assert_reverts(relay(account, refused, signature), 'Session: call not allowed');
    let reverted = Call { calldata: array![].span(), ..payment(token) };
    let reverted = OutsideExecution { calls: array![reverted].span(), ..refused };
    assert!(relay(account, reverted, sign_outside_as_session(account, reverted)).is_err());
    assert!(is_unspent(account, refused.nonce));
    assert_eq!(calls_used(account, session()), 0);

    let passed = OutsideExecution { calls: array![payment(token)].span(), ..refused };
    let signature = sign_outside_as_session(account, passed);
    relay(account, passed, signature).unwrap();
    assert_eq!(calls_used(account, session()), 1);
}

#[test]
fn the_owner_has_full_power_in_an_outside_execution_self_calls_included() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let key = key('another session').public_key;
    let calls = array![add_session(account, key), payment(token)].span();
    assert_reverts(relay_as_session(account, calls), 'Session: call to the account');
    assert!(!is_active(account, key));

    relay_as_owner(account, calls).unwrap();
    assert!(is_active(account, key));
    assert_eq!(paid(token), 1);
}

#[test]
fn a_signature_binds_chain_account_and_every_field() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let right = outside(array![payment(token)].span());
    let chain_id = starknet::get_tx_info().unbox().chain_id;
    for hash in array![
        message::hash(@right, account, chain_id + 1), message::hash(@right, token, chain_id),
    ] {
        let (r, s) = owner().sign(hash).unwrap();
        assert_reverts(relay(account, right, array![r, s]), 'SRC9: invalid signature');
        let (r, s) = session().sign(hash).unwrap();
        let signature = as_session(array![r, s], END.into());
        assert_reverts(relay(account, right, signature), INVALID);
    }

    let call = payment(token);
    let calldata = call.calldata;
    for altered in array![
        OutsideExecution { caller: RELAYER, ..right },
        OutsideExecution { caller: 0.try_into().unwrap(), ..right },
        OutsideExecution { nonce: right.nonce + 1, ..right },
        OutsideExecution { execute_after: 1, ..right },
        OutsideExecution { execute_before: right.execute_before - 1, ..right },
        OutsideExecution { calls: array![Call { to: RELAYER, ..call }].span(), ..right },
        OutsideExecution { calls: array![Call { selector: 1, ..call }].span(), ..right },
        OutsideExecution { calls: array![spend(token, call.selector, 2)].span(), ..right },
        OutsideExecution {
            calls: array![Call { calldata: calldata.slice(0, 2), ..call }].span(), ..right,
        },
        OutsideExecution { calls: array![call, call].span(), ..right },
    ] {
        let signature = sign_outside_as_owner(account, right);
        assert_reverts(relay(account, altered, signature), 'SRC9: invalid signature');
        let signature = sign_outside_as_session(account, right);
        assert_reverts(relay(account, altered, signature), INVALID);
    }
    relay(account, right, sign_outside_as_session(account, right)).unwrap();
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let account = deploy(10, array![]);
    let signed = outside(array![].span());
    let right = sign_outside_as_owner(account, signed);
    let mut signature = array![];
    for length in 0..7_usize {
        if length != 2 && length != 4 {
            let outcome = relay(account, signed, signature.clone());
            assert_reverts(outcome, 'SRC9: invalid signature');
        }
        signature.append(if length < 2 {
            *right[length]
        } else {
            0
        });
    }
    relay(account, signed, right).unwrap();
}

#[test]
fn another_keys_signature_is_refused_and_a_session_key_is_no_owner() {
    let account = deploy(10, array![]);
    let signed = outside(array![].span());
    let signature = sign_outside(session(), account, signed);
    assert_reverts(relay(account, signed, signature), 'SRC9: invalid signature');
    let signature = as_session(sign_outside_as_owner(account, signed), END.into());
    assert_reverts(relay(account, signed, signature), 'Session: empty batch');
    let signed = outside(array![payment(deploy_mock("FreeToken"))].span());
    let signature = as_session(sign_outside_as_owner(account, signed), END.into());
    assert_reverts(relay(account, signed, signature), INVALID);
    relay(account, signed, sign_outside_as_session(account, signed)).unwrap();
}

#[test]
fn a_session_expires_to_the_second() {
    let account = deploy(10, array![]);
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    start_cheat_block_timestamp_global(END);
    relay_as_session(account, calls).unwrap();
    start_cheat_block_timestamp_global(END + 1);
    assert_reverts(relay_as_session(account, calls), 'Session: expired');
}

/// The forged signature shows that the list is checked before it: an unlisted call has the list's
/// error.
#[test]
fn a1_4_the_whitelist_is_enforced_outside_before_the_signature() {
    let account = deploy(10, array![selector!("approve")]);
    let token = deploy_mock("FreeToken");
    let forged = array![session().public_key, 1, 1, END.into()];
    let transfer = outside(array![payment(token)].span());
    assert_reverts(relay(account, transfer, forged.clone()), 'Session: call not allowed');
    let signature = sign_outside_as_session(account, transfer);
    assert_reverts(relay(account, transfer, signature), 'Session: call not allowed');
    assert_eq!(paid(token), 0);

    let approval = outside(array![spend(token, selector!("approve"), 1)].span());
    assert_reverts(relay(account, approval, forged), INVALID);
    let signature = sign_outside_as_session(account, approval);
    relay(account, approval, signature).unwrap();
}

#[test]
fn each_rule_for_sessions_holds_before_the_signature_with_an_error_of_its_own() {
    let account = deploy(1, array![selector!("transfer"), selector!("get_public_key")]);
    let (key, end) = (session().public_key, END.into());
    let good = payment(deploy_mock("FreeToken"));
    let forged = array![key, 1, 1, end].span();

    assert_breaks(account, array![good], array![key + 1, 1, 1, end].span(), NOT_FOUND);
    assert_breaks(account, array![good], array![0, 1, 1, end].span(), NOT_FOUND);
    let wrong_end = array![key, 1, 1, end - 1].span();
    assert_breaks(account, array![good], wrong_end, 'Session: wrong valid_until');
    assert_breaks(account, array![], forged, 'Session: empty batch');
    let itself = Call { to: account, selector: selector!("get_public_key"), ..good };
    assert_breaks(account, array![good, itself], forged, 'Session: call to the account');
    for selector in blocked() {
        let call = Call { selector, ..good };
        assert_breaks(account, array![good, call], forged, 'Session: blocked selector');
    }
    let unlisted = Call { selector: selector!("approve"), ..good };
    assert_breaks(account, array![good, unlisted], forged, 'Session: call not allowed');
    assert_breaks(account, array![good], forged, INVALID);

    start_cheat_block_timestamp_global(END + 1);
    assert_breaks(account, array![good], forged, 'Session: expired');
    start_cheat_block_timestamp_global(END);
    assert_eq!(calls_used(account, session()), 0);
    relay_as_session(account, array![good].span()).unwrap();
    assert_breaks(account, array![good], forged, 'Session: no calls left');
}

fn assert_breaks(
    account: ContractAddress, calls: Array<Call>, signature: Span<felt252>, error: felt252,
) {
    assert_reverts(relay(account, outside(calls.span()), signature.into()), error);
}

/// Returns the selectors that no session may call on any contract (SNIP-163, part D).
fn blocked() -> Array<felt252> {
    array![
        selector!("upgrade"), selector!("add_or_update_session_key"),
        selector!("revoke_session_key"), selector!("__execute__"), selector!("set_public_key"),
        selector!("setPublicKey"), selector!("execute_from_outside_v2"),
        selector!("set_spending_policy"), selector!("remove_spending_policy"),
    ]
}

#[test]
fn a2_3_a_session_of_one_call_works_exactly_once() {
    let account = deploy(1, array![selector!("transfer")]);
    let token = deploy_mock("FreeToken");
    let calls = array![payment(token)].span();
    // A refused outside execution is not counted: otherwise no transaction would be left for the
    // valid one.
    assert_reverts(
        relay(account, outside(calls), array![session().public_key, 1, 1, END.into()]), INVALID,
    );
    relay_as_session(account, calls).unwrap();
    assert_eq!((paid(token), calls_used(account, session())), (1, 1));
    assert_refused_both_ways(account, session(), calls, 'Session: no calls left');
    assert_eq!((paid(token), calls_used(account, session())), (1, 1));
}

#[test]
fn a3_5_valid_until_must_equal_the_stored_one() {
    let account = deploy(10, array![]);
    let signed = outside(array![payment(deploy_mock("FreeToken"))].span());
    let right = sign_outside(session(), account, signed);
    let end: felt252 = END.into();
    let two_pow_64 = 0x10000000000000000;
    for valid_until in array![end - 1, end + 1, 0, two_pow_64 - 1, two_pow_64 + end, -1] {
        let outcome = relay(account, signed, as_session(right.clone(), valid_until));
        assert_reverts(outcome, 'Session: wrong valid_until');
    }
    relay(account, signed, as_session(right, end)).unwrap();
}

#[test]
fn felts_at_every_boundary_in_an_outside_signature_are_refused_with_an_error_of_ours() {
    let account = deploy(10, array![]);
    let signed = outside(array![payment(deploy_mock("FreeToken"))].span());
    let right = sign_outside_as_session(account, signed);
    let (key, r, s, end) = (*right[0], *right[1], *right[2], *right[3]);
    for felt in boundaries() {
        let outcome = relay(account, signed, array![felt, r, s, end]);
        assert_reverts(outcome, NOT_FOUND);
        assert_reverts(relay(account, signed, array![key, felt, s, end]), INVALID);
        assert_reverts(relay(account, signed, array![key, r, felt, end]), INVALID);
        let outcome = relay(account, signed, array![key, r, s, felt]);
        assert_reverts(outcome, 'Session: wrong valid_until');
        let outcome = relay(account, signed, array![felt, felt]);
        assert_reverts(outcome, 'SRC9: invalid signature');
    }
    relay(account, signed, right).unwrap();
}

#[test]
#[fuzzer]
fn no_four_felts_are_a_sessions_signature_outside(key: felt252, r: felt252, s: felt252) {
    let account = deploy(10, array![]);
    let signed = outside(array![Call { to: PAYEE, selector: 1, calldata: array![].span() }].span());
    let end = END.into();
    assert_reverts(relay(account, signed, array![key, r, s, end]), NOT_FOUND);
    let outcome = relay(account, signed, array![session().public_key, r, s, end]);
    assert_reverts(outcome, INVALID);
    assert_reverts(relay(account, signed, array![r, s]), 'SRC9: invalid signature');
}

/// The relayer's transaction has a signature too, which the account must not mistake for that of
/// the outside execution.
#[test]
fn who_signed_is_read_from_the_argument_and_never_from_the_transaction() {
    let account = deploy(10, array![selector!("transfer")]);
    let key = session().public_key;
    let token = deploy_mock("FreeToken");
    let approval = array![spend(token, selector!("approve"), 1)].span();
    let transfer = array![payment(token)].span();

    // The argument is the owner's signature. It decides, whatever the transaction's signature is.
    for signature in array![sign_as_session(), array![key, 1, 1, 0], array![1, 1], array![]] {
        start_cheat_signature_global(signature.span());
        relay_as_owner(account, approval).unwrap();
    }
    assert_eq!(calls_used(account, session()), 0);

    // The argument is a session's signature. It decides, although the owner signed the transaction.
    start_cheat_signature_global(sign(owner()).span());
    assert_reverts(relay_as_session(account, approval), 'Session: call not allowed');
    relay_as_session(account, transfer).unwrap();
    assert_eq!(calls_used(account, session()), 1);

    // The argument is nobody's valid signature. It is refused, although the transaction's signature
    // is valid.
    for signature in array![sign(owner()), sign_as_session()] {
        start_cheat_signature_global(signature.span());
        let outcome = relay(account, outside(transfer), sign(owner()));
        assert_reverts(outcome, 'SRC9: invalid signature');
        assert_reverts(relay(account, outside(transfer), sign_as_session()), INVALID);
    }
}

/// The account submits the session's outside execution itself, in a transaction of the owner's.
#[test]
fn a_session_gains_nothing_when_the_owner_submits() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let call = add_session(account, key('another session').public_key);
    let outcome = transact_as_owner(account, array![submission(account, call)].span());
    assert_reverts(outcome.unwrap(), 'Session: call to the account');
    let outcome = transact_as_owner(account, array![submission(account, payment(token))].span());
    outcome.unwrap().unwrap();
    assert_eq!((paid(token), calls_used(account, session())), (1, 1));
}

/// Returns the call that submits an outside execution of `call`, signed by the session.
fn submission(account: ContractAddress, call: Call) -> Call {
    let signed = outside(array![call].span());
    let calldata = submit(signed, sign_outside_as_session(account, signed));
    Call { to: account, selector: selector!("execute_from_outside_v2"), calldata: calldata.span() }
}
