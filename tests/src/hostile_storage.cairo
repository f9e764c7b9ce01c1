//! An earlier class of the account may have left any felt in the account's slots. No felt makes
//! `__validate__` panic, and none is taken for a session unless each field of a record says so.

use core::cmp::min;
use session_account::session::interface::{
    AllowedArgument, AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionKeyManagerDispatcher, ISessionKeyManagerDispatcherTrait,
    ISessionKeyManagerSafeDispatcher, ISessionKeyManagerSafeDispatcherTrait, ISessionsDispatcher,
    ISessionsDispatcherTrait, ISessionsSafeDispatcher, ISessionsSafeDispatcherTrait,
};
use session_account::spending::interface::{
    ISessionSpendingPolicyDispatcher, ISessionSpendingPolicyDispatcherTrait,
    ISessionSpendingPolicySafeDispatcher, ISessionSpendingPolicySafeDispatcherTrait,
};
use snforge_std::get_class_hash;
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{
    END, TOKEN, calls_used, deploy, deploy_without_session, error, key, owner, register, session,
    sign, sign_as_session, transfer,
};
use crate::support::boundaries::boundaries;
use crate::support::caps::{cap, tokens, uncap};
use crate::support::handover::hand_over;
use crate::support::lists::deploy_for;
use crate::support::outside::{
    assert_allowed_both_ways, assert_refused_both_ways, assert_reverts, call_from_itself,
    deploy_mock, is_validated, transact_as_session,
};
use crate::support::payments::{paid, payment, spend};
use crate::support::slots::{
    ABOVE, CALLS_LEFT, ENTRIES, EPOCH, FEE_LIMIT, GENERATION, IN_EPOCH, KIND, MAX_CALLS,
    argument_of, cell_of, plant, read, record, record_of, token_count_of, token_of, window_of,
};
use crate::support::upgrade::upgrade;

const NOT_ALLOWED: felt252 = 'Session: call not allowed';
const NOT_FOUND: felt252 = 'Session: not found';
const TWO_POW_32: felt252 = 0x100000000;

fn end_all(account: ContractAddress) {
    call_from_itself(account);
    ISessionsDispatcher { contract_address: account }.revoke_all_sessions();
}

fn is_sessions_valid(account: ContractAddress) -> bool {
    is_validated(account, transfer().span(), sign_as_session())
}

fn is_owners_valid(account: ContractAddress) -> bool {
    is_validated(account, transfer().span(), sign(owner()))
}

fn is_allowed(account: ContractAddress, call: Call) -> bool {
    ISessionsDispatcher { contract_address: account }.is_call_allowed(session().public_key, call)
}

/// Asserts that the views show no session of `key`, and do not panic.
fn assert_shows_nothing(account: ContractAddress, key: felt252) {
    let data = ISessionKeyManagerDispatcher { contract_address: account }.get_session_data(key);
    assert_eq!(
        (data.valid_until, data.max_calls, data.calls_used, data.allowed_entrypoints_len),
        (0, 0, 0, 0),
    );
    let sessions = ISessionsDispatcher { contract_address: account };
    let status = sessions.get_session_status(key);
    assert_eq!((status.is_active, status.valid_until, status.remaining_calls), (false, 0, 0));
    assert_eq!(status.allowed_len, 0);
    assert!(!sessions.is_call_allowed(key, *transfer()[0]));
}

/// The account finds what the helpers of `slots` write, so that the tests here write to the right
/// slots.
#[test]
fn a_record_that_was_registered_is_the_one_that_is_planted() {
    let account = deploy(9, array![]);
    assert_eq!(read(account, record_of(session().public_key)), record(1, 0));
    assert!(is_sessions_valid(account));
    assert_eq!(read(account, record_of(session().public_key)), record(1, 0) - CALLS_LEFT);
    end_all(account);
    assert_eq!(read(account, EPOCH), 1);
    assert!(!is_sessions_valid(account));
    plant(account, record_of(session().public_key), record(1, 1));
    assert!(is_sessions_valid(account));
}

/// Returns felts at the edges of a record's fields, and those of `boundaries`.
fn edges_of_fields() -> Array<felt252> {
    let mut felts = boundaries();
    for one in array![
        GENERATION, MAX_CALLS, CALLS_LEFT, IN_EPOCH, ENTRIES, KIND, 2 * KIND, FEE_LIMIT,
        0x10000000000000000 * FEE_LIMIT, ABOVE, 2 * ABOVE, GENERATION + 2 * KIND,
    ] {
        felts.append_span(array![one - 1, one, one + 1].span());
    }
    felts
}

#[test]
fn whatever_another_class_left_in_a_record_does_not_panic() {
    let account = deploy(9, array![]);
    let key = key('planted').public_key;
    // No record among these felts has the epoch 77, so that none of them lives.
    plant(account, EPOCH, 77);
    for felt in edges_of_fields() {
        plant(account, record_of(key), felt);
        assert!(!is_validated(account, transfer().span(), array![key, 1, 1, END.into()]));
        plant(account, record_of(session().public_key), felt);
        assert!(!is_sessions_valid(account));
        assert_shows_nothing(account, key);
    }
    plant(account, record_of(session().public_key), record(1, 77));
    assert!(is_sessions_valid(account));
}

#[test]
#[fuzzer]
fn no_felt_in_a_record_makes_validation_panic(felt: felt252, valid_until: felt252, epoch: u32) {
    let account = deploy(9, array![]);
    for epoch in array![0, epoch.into()] {
        plant(account, EPOCH, epoch);
        plant(account, record_of(session().public_key), felt);
        assert!(!is_sessions_valid(account));
        let signature = array![session().public_key, 1, 1, valid_until];
        assert!(!is_validated(account, transfer().span(), signature));
        ISessionsDispatcher { contract_address: account }.get_session_status(session().public_key);
        is_allowed(account, *transfer()[0]);
    }
}

/// Plants a living session whose other fields are random: the calls, the entries, the kind of list,
/// the fee limit, and the bits between the fields.
#[test]
#[fuzzer]
fn a_living_record_is_read_field_by_field(left: u32, max_calls: u32, entries: u16, rest: u128) {
    let account = deploy(9, array![]);
    let is_limited = rest % 2 == 1;
    let kind = rest / 2 % 4;
    let (between_low, between_high) = (rest / 8 % 0x40, rest / 0x200 % 4);
    let fee_limit = if is_limited {
        rest / 0x1000 % 0xffffffffffffffff + 1
    } else {
        0
    };
    let low = END.into()
        + kind.into() * KIND
        + entries.into() * ENTRIES
        + between_low.into() * 0x10000 * ENTRIES
        + max_calls.into() * MAX_CALLS
        + left.into() * CALLS_LEFT;
    let high = GENERATION
        + between_high.into() * 0x1000000 * GENERATION
        + fee_limit.into() * FEE_LIMIT;
    plant(account, record_of(session().public_key), low + high);
    let is_validated = is_sessions_valid(account);
    // The transaction commits to no fee, so that only a limit of 0 refuses it.
    assert_eq!(is_validated, left != 0 && kind == 0 && fee_limit != 1);
    let used = if left <= max_calls {
        max_calls - left
    } else {
        0
    };
    if !is_validated {
        assert_eq!(calls_used(account, session()), used);
    }
    assert!(is_owners_valid(account));
}

/// H-5. A record that was planted with the account's epoch, and with any generation, ends when all
/// sessions are ended, in each of the three ways.
#[test]
fn h_5_a_planted_record_survives_nothing() {
    let account = deploy_without_session();
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    let slot = record_of(session().public_key);
    let class_hash = get_class_hash(account);
    let mut epoch = 0;
    for ending in array!['revoke_all_sessions', 'set_public_key', 'upgrade'] {
        for generation in array![1, 2, 3, 0xffffff] {
            plant(account, slot, record(generation, epoch));
            assert_allowed_both_ways(account, session(), calls);
            if ending == 'revoke_all_sessions' {
                end_all(account);
            } else if ending == 'set_public_key' {
                plant(account, selector!("Account_public_key"), owner().public_key);
                hand_over(account);
            } else {
                upgrade(account, class_hash).unwrap();
            }
            epoch += 1;
            plant(account, selector!("Account_public_key"), owner().public_key);
            assert_refused_both_ways(account, session(), calls, NOT_FOUND);
            assert_shows_nothing(account, session().public_key);
        }
    }
}

/// H-5. The first version numbered registrations over all keys. A record that was planted with a
/// later number became a session when another key's registration reached that number.
#[test]
fn h_5_no_registration_wakes_a_planted_record() {
    let account = deploy_without_session();
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    let slot = record_of(session().public_key);
    plant(account, EPOCH, 5);
    let mut secret = 'another';
    for planted in array![
        record(1, 6), record(2, 4), record(0, 5), record(1, 0), record(0xffffff, TWO_POW_32 - 1),
        record(1, 5) - END.into(),
    ] {
        plant(account, slot, planted);
        for _ in 0..3_u8 {
            secret += 1;
            register(account, key(secret), 9, array![selector!("transfer")]);
        }
        assert_refused_both_ways(account, session(), calls, NOT_FOUND);
        assert_shows_nothing(account, session().public_key);
    }
}

/// Sessions can be ended whatever epoch an earlier class left. A record whose epoch equals only the
/// lowest 32 bits of the account's is no session.
#[test]
fn whatever_another_class_left_as_the_epoch_sessions_can_be_ended() {
    let account = deploy(1_000, array![]);
    let slot = record_of(session().public_key);
    let mut felts = boundaries();
    felts.append_span(array![TWO_POW_32 + 7, IN_EPOCH + 7, 7 * TWO_POW_32, ABOVE].span());
    for felt in felts {
        plant(account, EPOCH, felt);
        let low: u256 = felt.into();
        let cut: felt252 = (low % TWO_POW_32.into()).try_into().unwrap();
        plant(account, slot, record(1, cut));
        assert_eq!(is_sessions_valid(account), cut == felt);
        end_all(account);
        // The epoch after -1 is 0, in which the planted record lives. `known_limits` tests this
        // limit.
        assert_eq!(is_sessions_valid(account), felt == -1);
        if felt == -1 {
            end_all(account);
            assert!(!is_sessions_valid(account));
        }
        assert_shows_nothing(account, session().public_key);
        assert!(is_owners_valid(account));
    }
    plant(account, EPOCH, 0);
    plant(account, slot, record(1, 0));
    assert!(is_sessions_valid(account));
}

#[test]
#[fuzzer]
fn no_epoch_makes_validation_panic(epoch: felt252, registered: u32) {
    let account = deploy(9, array![]);
    plant(account, EPOCH, epoch);
    plant(account, record_of(session().public_key), record(1, registered.into()));
    assert_eq!(is_sessions_valid(account), epoch == registered.into());
    assert!(is_owners_valid(account));
    end_all(account);
    assert_eq!(is_sessions_valid(account), epoch + 1 == registered.into());
}

/// The owner registers a key in whose slot an earlier class left a felt. The new session has the
/// limits that the owner asked for.
#[test]
fn whatever_another_class_left_in_a_record_a_new_session_is_what_was_asked_for() {
    let key = session().public_key;
    let mut registered = 0_u8;
    for felt in edges_of_fields() {
        let account = deploy_without_session();
        plant(account, record_of(key), felt);
        let max_fee = fee_limit(account, key);
        call_from_itself(account);
        let outcome = update(account, key);
        // Some felts are refused as if this class had written them: a key with the last generation,
        // and a key that was registered for a list of calls.
        if outcome == 'Session: too many registrations'
            || outcome == 'Session: scoped, use a new key' {
            continue;
        }
        assert_eq!(outcome, 0);
        registered += 1;
        let status = ISessionsDispatcher { contract_address: account }.get_session_status(key);
        assert_eq!((status.is_active, status.valid_until, status.remaining_calls), (true, END, 9));
        assert_eq!(status.allowed_len, 0);
        // A fee limit that is too large for its field becomes the largest that the field holds.
        let kept = match max_fee {
            Option::Some(limit) => Option::Some(min(limit, 0x1fffffffffffffffe)),
            Option::None => Option::None,
        };
        assert_eq!(fee_limit(account, key), kept);
        assert!(is_allowed(account, *transfer()[0]));
    }
    assert!(registered > 30);
}

/// Registers `key` by SNIP-163's function. Returns the error, or 0 if it succeeds.
#[feature("safe_dispatcher")]
fn update(account: ContractAddress, key: felt252) -> felt252 {
    error(
        ISessionKeyManagerSafeDispatcher { contract_address: account }
            .add_or_update_session_key(key, END, 9, array![]),
    )
}

#[test]
#[feature("safe_dispatcher")]
fn whatever_another_class_left_in_a_record_a_scoped_session_has_a_fee_limit() {
    let key = session().public_key;
    let mut registered = 0_u8;
    for felt in edges_of_fields() {
        let account = deploy_without_session();
        plant(account, record_of(key), felt);
        call_from_itself(account);
        let outcome = ISessionsSafeDispatcher { contract_address: account }
            .add_session_for_calls(key, END, 9, array![any_transfer()]);
        if outcome.is_ok() {
            assert!(fee_limit(account, key).is_some(), "no limit: {felt}");
            registered += 1;
        }
    }
    assert!(registered > 9);
}

fn any_transfer() -> AllowedCall {
    AllowedCall { to: TOKEN, selector: selector!("transfer"), argument: Option::None }
}

fn fee_limit(account: ContractAddress, key: felt252) -> Option<u128> {
    ISessionFeeLimitDispatcher { contract_address: account }.get_session_fee_limit(key)
}

/// Kind 3 is none of the three that this class writes. A session of this kind may make no call,
/// whatever its list, and nothing panics.
#[test]
fn a_kind_that_is_none_lets_nothing_through() {
    let account = deploy(100, array![selector!("transfer")]);
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    let slot = record_of(session().public_key);
    let registered = read(account, slot);
    assert_allowed_both_ways(account, session(), calls);
    plant(account, slot, registered + 2 * KIND);
    assert_refused_both_ways(account, session(), calls, 'Session: call not allowed');
    assert!(!is_allowed(account, *calls[0]));
    let itself = Call {
        to: account,
        selector: selector!("revoke_session"),
        calldata: array![session().public_key].span(),
    };
    assert_refused_both_ways(
        account, session(), array![itself].span(), 'Session: call to the account',
    );
    assert!(!is_allowed(account, itself));
    // The owner can end such a session, and register its key again.
    call_from_itself(account);
    ISessionsDispatcher { contract_address: account }.revoke_session(session().public_key);
    assert_shows_nothing(account, session().public_key);
    call_from_itself(account);
    assert_eq!(update(account, session().public_key), 0);
    assert_allowed_both_ways(account, session(), calls);
}

/// In a list of selectors, a call is allowed if its cell holds 1. From 2 on the cell asks for an
/// argument, of which such a list has none, so that no other felt allows the call.
#[test]
fn whatever_another_class_left_in_a_calls_cell_does_not_panic() {
    let account = deploy(1_000, array![selector!("transfer")]);
    let token = deploy_mock("FreeToken");
    let key = session().public_key;
    let (transfer, approve) = (
        cell_of(key, 1, 0, selector!("transfer")), cell_of(key, 1, 0, selector!("approve")),
    );
    assert_eq!(read(account, transfer), 1, "the list is elsewhere");
    let (payment, approval) = (
        array![payment(token)].span(), array![spend(token, selector!("approve"), 1)].span(),
    );
    for felt in cells() {
        for (cell, calls) in array![(transfer, payment), (approve, approval)] {
            plant(account, cell, felt);
            if felt == 1 {
                assert_allowed_both_ways(account, session(), calls);
            } else {
                assert_refused_both_ways(account, session(), calls, NOT_ALLOWED);
            }
        }
    }
}

/// Returns felts for a cell: those that have a meaning there, their neighbours, and those of
/// `boundaries`.
fn cells() -> Array<felt252> {
    let mut felts = boundaries();
    felts.append_span(array![0, 1, 2, 3, 4, 5, 256, 257, 258, 259, -2].span());
    felts
}

/// For a pinned call, the argument's cell allows its value by 1 only, and the call's cell by 1 or
/// by the pinned index only.
#[test]
fn whatever_another_class_left_in_an_arguments_cell_allows_by_1_alone() {
    let (to, selector) = (TOKEN.into(), selector!("transfer"));
    let argument = Option::Some(AllowedArgument { index: 1, value: 7 });
    let account = deploy_for(array![AllowedCall { argument, ..any_transfer() }]);
    let key = session().public_key;
    let call_with = |
        calldata: Array<felt252>,
    | Call { to: TOKEN, selector, calldata: calldata.span() };
    let (listed, other) = (
        argument_of(key, 1, to, selector, 7), argument_of(key, 1, to, selector, 8),
    );
    assert_eq!((read(account, listed), read(account, other)), (1, 0), "the list is elsewhere");
    for felt in cells() {
        plant(account, listed, felt);
        plant(account, other, felt);
        for value in array![7, 8] {
            assert_eq!(is_allowed(account, call_with(array![0, value])), felt == 1);
        }
    }
    plant(account, listed, 1);
    plant(account, other, 0);
    let cell = cell_of(key, 1, to, selector);
    assert_eq!(read(account, cell), 3);
    for felt in cells() {
        plant(account, cell, felt);
        for calldata in array![array![7], array![0, 7], array![0, 0, 7], array![]] {
            // The felt 1 allows any calldata. The felts 2, 3 and 4 ask for an argument at the index
            // 0, 1 and 2, which must be 7.
            let place = if calldata.is_empty() {
                -1
            } else {
                calldata.len().into() - 1
            };
            let expected = felt == 1 || place != -1 && felt == 2 + place;
            assert_eq!(is_allowed(account, call_with(calldata)), expected);
        }
    }
}

#[test]
#[fuzzer]
fn no_felt_in_a_cell_makes_validation_panic(cell: felt252, argument: felt252, datum: felt252) {
    let account = deploy_for(array![any_transfer()]);
    let key = session().public_key;
    let (to, selector) = (TOKEN.into(), selector!("transfer"));
    let call = Call { to: TOKEN, selector, calldata: array![datum, datum].span() };
    for cell in array![cell, 2, 3] {
        plant(account, cell_of(key, 1, to, selector), cell);
        plant(account, argument_of(key, 1, to, selector, datum), argument);
        let expected = cell == 1 || argument == 1 && (cell == 2 || cell == 3);
        assert_eq!(is_validated(account, array![call].span(), sign_as_session()), expected);
        assert_eq!(is_allowed(account, call), expected);
    }
}

/// Registering a list overwrites what an earlier class left in its cells.
#[test]
fn whatever_another_class_left_in_a_cell_a_new_list_is_what_was_asked_for() {
    let (to, selector) = (TOKEN.into(), selector!("transfer"));
    let argument = Option::Some(AllowedArgument { index: 1, value: 7 });
    let key = session().public_key;
    for felt in array![1, 2, 3, 258, -1, IN_EPOCH] {
        let account = deploy_without_session();
        for slot in array![
            cell_of(key, 1, to, selector), cell_of(key, 1, 0, selector),
            argument_of(key, 1, to, selector, 7),
        ] {
            plant(account, slot, felt);
        }
        call_from_itself(account);
        ISessionsDispatcher { contract_address: account }
            .add_session_for_calls(key, END, 9, array![AllowedCall { argument, ..any_transfer() }]);
        for (calldata, expected) in array![
            (array![0, 7], true), (array![7], false), (array![7, 0], false), (array![0, 8], false),
            (array![], false),
        ] {
            let call = Call { to: TOKEN, selector, calldata: calldata.span() };
            assert_eq!(is_allowed(account, call), expected);
        }
    }
}

/// An earlier class may have left a count of tokens without tokens. It limits nothing.
#[test]
fn whatever_another_class_left_as_a_count_of_tokens_limits_nothing() {
    let account = deploy(1_000, array![]);
    let token = deploy_mock("FreeToken");
    for felt in boundaries() {
        plant(account, token_count_of(session().public_key), felt);
        assert!(spending_tokens(account).is_empty());
        assert_allowed_both_ways(account, session(), array![payment(token)].span());
    }
    assert_eq!(paid(token), 2 * boundaries().len().into());
}

/// P-25: a count above 8 means 8. A slot that holds no contract's address is passed over.
#[test]
fn whatever_another_class_left_as_tokens_is_read_without_a_panic() {
    let account = deploy(1_000, array![]);
    let key = session().public_key;
    let token = deploy_mock("FreeToken");
    for felt in boundaries() {
        for index in 0..10_u8 {
            plant(account, token_of(key, index.into()), felt);
        }
        plant(account, token_of(key, 7), token.into());
        for count in array![8, 9, 0xffffffff, 0x100000000, 0x100000007, IN_EPOCH, -1] {
            plant(account, token_count_of(key), count);
            let mut expected = array![];
            if is_address(felt) {
                for _ in 0..7_u8 {
                    expected.append(felt);
                }
            }
            expected.append(token.into());
            assert_eq!(spending_tokens(account), expected);
        }
        plant(account, token_count_of(key), 7);
        assert_eq!(spending_tokens(account).len(), if is_address(felt) {
            7
        } else {
            0
        });
        let calls = array![payment(token)].span();
        assert!(is_validated(account, calls, sign_as_session()));
        // If none of the first seven slots holds an address, no token is asked.
        if !is_address(felt) {
            assert_allowed_both_ways(account, session(), calls);
        }
    }
}

/// P-25, P-27: setting and removing policies also take a count above 8 for 8.
#[test]
#[feature("safe_dispatcher")]
fn a_count_that_another_class_left_above_8_is_8() {
    let key = session().public_key;
    let tokens = [deploy_mock("FreeToken"), deploy_mock("FreeToken")].span();
    for count in array![8, 9, 0xffffffff, 0x100000000, -1] {
        let account = deploy(10, array![]);
        plant(account, token_of(key, 0), (*tokens[0]).into());
        plant(account, token_count_of(key), count);
        call_from_itself(account);
        let ninth = ISessionSpendingPolicySafeDispatcher { contract_address: account }
            .set_spending_policy(key, *tokens[1], 1, 1, 1);
        assert_reverts(ninth, 'Spending: too many tokens');
        // The token that is already listed gets its policy, and the count does not change.
        cap(account, *tokens[0], 5);
        assert_eq!(read(account, token_count_of(key)), count);
        uncap(account, *tokens[0]);
        assert_eq!(read(account, token_count_of(key)), 7);
        assert!(spending_tokens(account).is_empty());
        cap(account, *tokens[1], 5);
        assert_eq!(read(account, token_count_of(key)), 8);
        assert_eq!(spending_tokens(account), array![(*tokens[1]).into()]);
    }
}

/// P-27: a policy that an earlier class left is shown only if its token is among the key's tokens,
/// since only then it is measured.
#[test]
fn a_policy_that_another_class_left_is_shown_where_its_token_is_listed() {
    let account = deploy(10, array![]);
    let key = session().public_key;
    let token = deploy_mock("FreeToken");
    plant(account, window_of(key, token), 600);
    let policies = ISessionSpendingPolicyDispatcher { contract_address: account };
    assert_eq!(policies.get_spending_policy(key, token).window_seconds, 0);
    for count in array![1, 8, -1] {
        plant(account, token_of(key, 0), token.into());
        plant(account, token_count_of(key), count);
        assert_eq!(policies.get_spending_policy(key, token).window_seconds, 600);
        plant(account, token_of(key, 0), 0);
        assert_eq!(policies.get_spending_policy(key, token).window_seconds, 0);
    }
}

/// Returns the tokens for which the session has policies, as felts.
fn spending_tokens(account: ContractAddress) -> Array<felt252> {
    let mut felts = array![];
    for token in tokens(account, session().public_key) {
        felts.append(token.into());
    }
    felts
}

fn is_address(felt: felt252) -> bool {
    let address: Option<ContractAddress> = felt.try_into();
    felt != 0 && address.is_some()
}

/// Validation does not read policies. They are read in execution, where a panic only reverts.
#[test]
fn whatever_another_class_left_in_a_policy_validation_does_not_read() {
    let account = deploy(1_000, array![]);
    let token = deploy_mock("FreeToken");
    let calls = array![payment(token)].span();
    let slot = window_of(session().public_key, token);
    plant(account, token_count_of(session().public_key), 1);
    let mut passed = 0;
    for felt in boundaries() {
        plant(account, slot, felt);
        let outcome = transact_as_session(account, calls).expect('refused in validation');
        // A window that is not 0 makes a policy. Its maxima are 0 here, so that every payment is
        // refused.
        assert_eq!(outcome.is_ok(), felt == 0);
        if felt == 0 {
            passed += 1;
        }
        assert_eq!(paid(token), passed);
    }
    assert!(passed != 0);
}

#[test]
fn whatever_another_class_left_in_the_owners_slot_does_not_panic() {
    let account = deploy(9, array![]);
    let slot = selector!("Account_public_key");
    for felt in boundaries() {
        plant(account, slot, felt);
        assert!(!is_owners_valid(account));
        assert!(!is_validated(account, transfer().span(), array![felt, felt]));
    }
    assert_eq!(calls_used(account, session()), 0);
    plant(account, slot, owner().public_key);
    assert!(is_owners_valid(account));
}
