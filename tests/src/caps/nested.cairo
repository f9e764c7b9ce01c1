//! A contract that a session's batch calls submits another outside execution of the account. This
//! nested batch counts for itself, and the outer batch counts all that left meanwhile. A nested
//! batch that the owner signed may set and remove policies.

use session_account::spending::interface::ISessionSpendingPolicyDispatcherTrait;
use session_account_mocks::liar::ILiarDispatcherTrait;
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{deploy, key, register, session};
use crate::support::caps::{
    HELD, NO_BALANCE, OVER_WINDOW, WINDOW, act, approve, as_key, as_owner, as_session, balance,
    bridge_of, by_anybody, call, cap, cap_for, capped, funded, held_by, policies, pull, spent,
    through, tokens, trigger, truthful, withdraw,
};
use crate::support::outside::{PAYEE, assert_reverts, call_from_itself, deploy_mock};
use crate::support::payments::pay;

fn setting(account: ContractAddress, token: ContractAddress, maximum: u256) -> Call {
    call(
        account,
        selector!("set_spending_policy"),
        (session().public_key, token, (maximum, maximum, WINDOW)),
    )
}

fn removing(account: ContractAddress, token: ContractAddress) -> Call {
    call(account, selector!("remove_spending_policy"), (session().public_key, token))
}

/// Returns a call to another contract, which submits an outside execution of `calls` that the owner
/// signed.
fn meanwhile(account: ContractAddress, calls: Array<Call>) -> Call {
    through(array![as_owner(account, calls)])
}

/// The nested batch names 3, and the outer batch counts 3 that left meanwhile.
#[test]
fn a_nested_batch_of_the_same_key_counts_for_itself_and_in_the_outer_one() {
    for plain in array![true, false] {
        for maximum in array![5, 6] {
            let (account, token) = capped(maximum);
            let inner = as_session(account, array![pay(token, 3)]);
            let outcome = act(account, plain, array![through(array![inner])]);
            if maximum == 5 {
                assert_reverts(outcome, OVER_WINDOW);
                assert_eq!((spent(account, token), balance(token, PAYEE)), (0, 0));
            } else {
                outcome.unwrap();
                assert_eq!((spent(account, token), balance(token, PAYEE)), (6, 3));
            }
        }
    }
}

/// The outer batch adds to the window as the nested batch left it, so that nothing is lost (P-32,
/// P-34).
#[test]
fn what_was_counted_meanwhile_is_not_lost() {
    for plain in array![true, false] {
        for maximum in array![19, 20] {
            let (account, token) = capped(maximum);
            let bridge = bridge_of(token);
            let inner = as_session(account, array![pay(token, 3), withdraw(bridge, token, 2)]);
            // The outer batch names 1, the nested batch counts 5, and 4, 5 and 5 leave in the outer
            // batch's three calls to other contracts.
            let calls = array![
                pay(token, 1), withdraw(bridge, token, 4), through(array![inner]),
                withdraw(bridge, token, 5),
            ];
            let outcome = act(account, plain, calls);
            if maximum == 19 {
                assert_reverts(outcome, OVER_WINDOW);
            } else {
                outcome.unwrap();
                assert_eq!((spent(account, token), balance(token, account)), (20, HELD - 15));
            }
        }
    }
}

#[test]
fn a_nested_batch_of_another_key_counts_for_that_key_and_in_the_outer_one() {
    for plain in array![true, false] {
        for (own, others) in array![(2, 3), (3, 2), (3, 3)] {
            let (account, token) = capped(own);
            let another = key('another');
            register(account, another, 10, array![]);
            cap_for(account, another.public_key, token, others);
            let inner = as_key(account, another, array![pay(token, 3)]);
            let outcome = act(account, plain, array![through(array![inner])]);
            let expected = if own == 3 && others == 3 {
                outcome.unwrap();
                3
            } else {
                assert!(outcome.is_err());
                0
            };
            let other = policies(account).get_spending_policy(another.public_key, token);
            assert_eq!((spent(account, token), other.spent_in_window), (expected, expected));
            assert_eq!(balance(token, PAYEE), expected);
        }
    }
}

#[test]
fn a_nested_batch_of_a_key_without_a_policy_counts_in_the_outer_one() {
    for plain in array![true, false] {
        let (account, token) = capped(3);
        register(account, key('another'), 10, array![]);
        let nested = |
            amount,
        | through(array![as_key(account, key('another'), array![pay(token, amount)])]);
        assert_reverts(act(account, plain, array![nested(4)]), OVER_WINDOW);
        act(account, plain, array![nested(3)]).unwrap();
        assert_eq!((spent(account, token), balance(token, PAYEE)), (3, 3));
    }
}

/// No policy limits the owner, but what the owner pays inside a session's batch has left in that
/// batch. An outside execution that reverts with the outer batch can be submitted again.
#[test]
fn a_nested_batch_of_the_owner_counts_in_the_outer_one_and_may_fail_with_it() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let small = as_owner(account, array![pay(token, 10)]);
        let large = as_owner(account, array![pay(token, 500)]);
        assert_reverts(act(account, plain, array![through(array![large])]), OVER_WINDOW);
        assert_eq!((spent(account, token), balance(token, PAYEE)), (0, 0));
        act(account, plain, array![through(array![small])]).unwrap();
        assert_eq!((spent(account, token), balance(token, PAYEE)), (10, 10));
        by_anybody(large);
        assert_eq!((spent(account, token), balance(token, PAYEE)), (10, 510));
    }
}

/// For each call the net effect counts, which is less than what left if something also came in.
#[test]
fn what_comes_in_within_the_call_of_a_nested_batch_is_set_off() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let payout = funded("Payout", token);
        let both = |inner| through(array![trigger(payout, token, account, 3), inner]);
        act(account, plain, array![both(as_owner(account, array![pay(token, 3)]))]).unwrap();
        assert_eq!((spent(account, token), balance(token, account)), (0, HELD));
        // What the nested batch names counts in full.
        act(account, plain, array![both(as_session(account, array![pay(token, 3)]))]).unwrap();
        assert_eq!((spent(account, token), balance(token, account)), (3, HELD));
    }
}

/// An approval is set off in the batch that names it, and in no other.
#[test]
fn approvals_are_set_off_in_their_own_batch() {
    for plain in array![true, false] {
        let (account, token) = capped(20);
        let router = deploy_mock("Router");
        let approved = approve(token, router, 5);
        let pulled = pull(router, token, account, 5);
        let inner = as_session(account, array![approved]);
        act(account, plain, array![through(array![inner]), pulled]).unwrap();
        assert_eq!(spent(account, token), 10);
        let inner = as_session(account, array![pulled]);
        act(account, plain, array![approved, through(array![inner])]).unwrap();
        assert_eq!((spent(account, token), balance(token, account)), (20, HELD - 10));
    }
}

/// P-34: named amounts are written before the first `balance_of` is called. The token whose
/// `balance_of` is called first submits another payment of the session, which must find them
/// written.
#[test]
fn what_is_named_is_written_before_a_balance_is_asked() {
    for plain in array![true, false] {
        for (amount, passes) in array![(2, true), (3, false)] {
            let account = deploy(10, array![]);
            let liar = truthful(100);
            cap(account, liar.contract_address, 10);
            let token = held_by(account);
            cap(account, token, 10);
            liar.arm(array![as_session(account, array![pay(token, amount)])]);
            let calls = array![pay(token, 8), pay(deploy_mock("FreeToken"), 1)];
            let outcome = act(account, plain, calls);
            if passes {
                outcome.unwrap();
                assert_eq!((spent(account, token), balance(token, PAYEE)), (10, 10));
            } else {
                // The nested payment was refused, so that `balance_of` panicked.
                assert_reverts(outcome, NO_BALANCE);
                assert_eq!((spent(account, token), balance(token, PAYEE)), (0, 0));
            }
        }
    }
}

/// P-34: the last `balance_of` that is called submits another payment of the session. What that
/// payment counts is neither lost nor overwritten.
#[test]
fn nothing_is_called_between_reading_a_window_and_writing_it() {
    for plain in array![true, false] {
        for (amount, passes) in array![(6, true), (7, false)] {
            let (account, token) = capped(10);
            let bridge = bridge_of(token);
            let liar = truthful(100);
            cap(account, liar.contract_address, 10);
            let inner = as_session(account, array![pay(token, amount)]);
            let arming = through(
                array![call(liar.contract_address, selector!("arm"), (array![inner],))],
            );
            // The liar comes after the token in the key's list, so that the token's balance is
            // known when the liar is asked.
            let outcome = act(account, plain, array![withdraw(bridge, token, 4), arming]);
            if passes {
                outcome.unwrap();
                assert_eq!((spent(account, token), balance(token, account)), (10, HELD - 10));
            } else {
                assert_reverts(outcome, OVER_WINDOW);
                assert_eq!((spent(account, token), balance(token, account)), (0, HELD));
            }
        }
    }
}

/// P-35: a policy that the owner removes during a batch counts nothing of that batch.
#[test]
fn a_policy_that_is_removed_meanwhile_counts_nothing() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let bridge = bridge_of(token);
        let taken = withdraw(bridge, token, 11);
        let removed = meanwhile(account, array![removing(account, token)]);
        act(account, plain, array![pay(token, 1), taken, removed, taken]).unwrap();
        assert_eq!(balance(token, account), HELD - 23);
        assert!(tokens(account, session().public_key).is_empty());
        // The batch wrote nothing to the removed policy, so that a new one begins with nothing
        // spent.
        cap(account, token, 10);
        let policy = policies(account).get_spending_policy(session().public_key, token);
        assert_eq!((policy.spent_in_window, policy.window_start), (0, 0));
    }
}

/// P-35: the removed token's policy counts nothing. The others count, although the removal changes
/// their order.
#[test]
fn a_policy_that_is_removed_meanwhile_leaves_the_others_as_they_were() {
    for plain in array![true, false] {
        for excess in array![10, 11] {
            let account = deploy(10, array![]);
            let (one, two, three) = (held_by(account), held_by(account), held_by(account));
            for token in array![one, two, three] {
                cap(account, token, 10);
            }
            let removed = meanwhile(account, array![removing(account, one)]);
            let bridge = bridge_of(three);
            let calls = array![
                withdraw(bridge_of(one), one, 100), removed, withdraw(bridge, three, excess),
                withdraw(bridge_of(two), two, 1),
            ];
            let outcome = act(account, plain, calls);
            if excess == 10 {
                outcome.unwrap();
                assert_eq!(tokens(account, session().public_key), array![three, two]);
                assert_eq!((spent(account, three), spent(account, two)), (10, 1));
            } else {
                assert_reverts(outcome, OVER_WINDOW);
                assert_eq!(tokens(account, session().public_key), array![one, two, three]);
            }
        }
    }
}

/// P-35, with a policy of another token, because of which the batch is measured, and without any
/// policy.
#[test]
fn a_policy_that_is_set_meanwhile_counts_from_the_next_batch_on() {
    for plain in array![true, false] {
        for beside in array![true, false] {
            let account = deploy(10, array![]);
            let token = held_by(account);
            let bridge = bridge_of(token);
            if beside {
                cap(account, held_by(account), 10);
            }
            let set = meanwhile(account, array![setting(account, token, 10)]);
            let taken = withdraw(bridge, token, 11);
            act(account, plain, array![set, taken, pay(token, 11)]).unwrap();
            assert_eq!((spent(account, token), balance(token, account)), (0, HELD - 22));
            assert_reverts(act(account, plain, array![taken]), OVER_WINDOW);
        }
    }
}

/// The excess is added to the window of the policy as it is after the calls.
#[test]
fn a_policy_that_is_lowered_or_set_anew_meanwhile_counts_as_it_then_is() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let taken = withdraw(bridge_of(token), token, 5);
        let lowered = meanwhile(account, array![setting(account, token, 4)]);
        assert_reverts(act(account, plain, array![taken, lowered]), OVER_WINDOW);
        let anew = meanwhile(account, array![removing(account, token), setting(account, token, 6)]);
        act(account, plain, array![pay(token, 2), taken, anew]).unwrap();
        // The amount that was named before was removed with the policy that counted it.
        assert_eq!(spent(account, token), 5);
    }
}

#[test]
fn a_nested_batch_is_refused_as_any_other() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let inner = as_session(account, array![pay(token, 11)]);
        let outcome = act(account, plain, array![through(array![inner])]);
        assert_reverts(outcome, 'Spending: over call maximum');
        let last = key('last');
        register(account, last, 1, array![]);
        cap_for(account, last.public_key, token, 10);
        let inner = as_key(account, last, array![pay(token, 1)]);
        by_anybody(as_key(account, last, array![pay(token, 1)]));
        let outcome = act(account, plain, array![through(array![inner])]);
        assert_reverts(outcome, 'Session: no calls left');
        call_from_itself(account);
        assert_eq!((spent(account, token), balance(token, PAYEE)), (0, 1));
    }
}
