//! A model of spending policies: random batches are made, and kept in books beside the account.
//! What may be gone never exceeds what was counted, and what was counted never exceeds the window's
//! maximum.

use core::cmp::min;
use session_account::spending::interface::ISessionSpendingPolicyDispatcherTrait;
use snforge_std::start_cheat_block_timestamp_global;
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{NOW, deploy, session};
use crate::support::caps::{
    HELD, OVER_WINDOW, WINDOW, act, approve, balance, bridge_of, held_by, increase, mint, policies,
    pull, swap, trigger, withdraw,
};
use crate::support::outside::{assert_reverts, call_from_itself, deploy_mock};
use crate::support::payments::pay;

const MOST_PER_CALL: u256 = 12;
const MOST: u256 = 30;

/// The books of one token.
#[derive(Copy, Drop)]
struct Books {
    token: ContractAddress,
    bridge: ContractAddress,
    /// How much the account holds.
    held: u256,
    /// How much the router and the exchange may still pull.
    router: u256,
    exchange: u256,
    /// When the window began, how much was counted in it, and how much may be gone in it at most.
    began: u64,
    spent: u256,
    gone: u256,
    batch: Batch,
}

/// What one batch names and moves of a token.
#[derive(Copy, Drop, Default)]
struct Batch {
    names: bool,
    named: u256,
    transferred: u256,
    left: u256,
    for_router: u256,
    for_exchange: u256,
    error: felt252,
}

/// The contracts that are shared by both tokens.
#[derive(Copy, Drop)]
struct Others {
    account: ContractAddress,
    router: ContractAddress,
    exchange: ContractAddress,
    payout: ContractAddress,
}

#[generate_trait]
impl BooksImpl of BooksTrait {
    /// Returns how much is counted in the window that is open at `now`.
    fn spent_at(self: Books, now: u64) -> u256 {
        if now - self.began >= WINDOW {
            0
        } else {
            self.spent
        }
    }

    fn name(self: Books, amount: u256, now: u64) -> Books {
        let Batch { named, error, .. } = self.batch;
        let error = if error != 0 {
            error
        } else if amount > MOST_PER_CALL {
            'Spending: over call maximum'
        } else if self.spent_at(now) + named + amount > MOST {
            OVER_WINDOW
        } else {
            0
        };
        Books { batch: Batch { names: true, named: named + amount, error, ..self.batch }, ..self }
    }

    fn lose(self: Books, amount: u256) -> Books {
        let batch = Batch { left: self.batch.left + amount, ..self.batch };
        Books { held: self.held - amount, batch, ..self }
    }

    /// Returns how much left the account beyond the approvals that were used up.
    fn excess(self: Books) -> u256 {
        let Batch { left, for_router, for_exchange, .. } = self.batch;
        let used_up = for_router
            - min(for_router, self.router)
            + for_exchange
            - min(for_exchange, self.exchange);
        left - min(left, used_up)
    }

    /// Says whether the batch counts more than is left of the window's maximum.
    fn is_over(self: Books, now: u64) -> bool {
        self.spent_at(now) + self.batch.named + self.excess() > MOST
    }

    /// Returns the books after the batch, which must have succeeded.
    fn close(self: Books, now: u64) -> Books {
        let Batch { names, named, transferred, left, for_router, for_exchange, .. } = self.batch;
        let counted = named + self.excess();
        // The sum of what was transferred, what left otherwise, and what this batch newly allows to
        // be pulled.
        let gone = transferred
            + left
            + min(for_router, self.router)
            + min(for_exchange, self.exchange);
        assert!(gone <= counted, "{gone} may be gone, and {counted} were counted");
        let books = if now - self.began >= WINDOW && (names || counted != 0) {
            Books { began: now, spent: counted, gone, ..self }
        } else {
            Books { spent: self.spent + counted, gone: self.gone + gone, ..self }
        };
        assert!(books.gone <= books.spent && books.spent <= MOST);
        Books { batch: Default::default(), ..books }
    }
}

/// Returns a call, and the books of its token and of the other token after the call.
fn step(
    kind: u256, amount: u256, books: Books, other: Books, others: Others, now: u64,
) -> (Call, Books, Books) {
    let Others { account, router, exchange, payout } = others;
    let token = books.token;
    if kind == 0 {
        let named = books.name(amount, now);
        let batch = Batch { transferred: named.batch.transferred + amount, ..named.batch };
        return (pay(token, amount), Books { held: named.held - amount, batch, ..named }, other);
    }
    if kind == 1 {
        let named = books.name(amount, now);
        let batch = Batch { for_router: named.batch.for_router + amount, ..named.batch };
        return (approve(token, router, amount), Books { router: amount, batch, ..named }, other);
    }
    if kind == 2 {
        let named = books.name(amount, now);
        let batch = Batch { for_exchange: named.batch.for_exchange + amount, ..named.batch };
        let exchanged = Books { exchange: named.exchange + amount, batch, ..named };
        return (increase(token, exchange, amount), exchanged, other);
    }
    if kind == 3 {
        let amount = min(amount, books.router);
        let lost = Books { router: books.router - amount, ..books }.lose(amount);
        return (pull(router, token, account, amount), lost, other);
    }
    if kind == 4 {
        return (withdraw(books.bridge, token, amount), books.lose(amount), other);
    }
    if kind == 5 {
        let held = books.held + amount;
        return (trigger(payout, token, account, amount), Books { held, ..books }, other);
    }
    let amount = min(amount, books.exchange);
    let lost = Books { exchange: books.exchange - amount, ..books }.lose(amount);
    let held = other.held + amount;
    (swap(exchange, token, amount, other.token), lost, Books { held, ..other })
}

fn opened(others: Others) -> Books {
    let Others { account, exchange, payout, .. } = others;
    let token = held_by(account);
    for holder in array![exchange, payout] {
        mint(token, holder);
    }
    call_from_itself(account);
    policies(account).set_spending_policy(session().public_key, token, MOST_PER_CALL, MOST, WINDOW);
    Books {
        token,
        bridge: bridge_of(token),
        held: HELD,
        router: 0,
        exchange: 0,
        began: 0,
        spent: 0,
        gone: 0,
        batch: Default::default(),
    }
}

/// Asserts that the account's balance and policy are what the books say.
fn assert_kept(books: Books, account: ContractAddress) {
    let policy = policies(account).get_spending_policy(session().public_key, books.token);
    assert_eq!((policy.spent_in_window, policy.window_start), (books.spent, books.began));
    assert_eq!(balance(books.token, account), books.held);
}

/// Takes a number below `bound` from `numbers`.
fn draw(ref numbers: u256, bound: u256) -> u256 {
    let drawn = numbers % bound;
    numbers /= bound;
    drawn
}

/// Makes eight batches of one to four calls with two tokens, plainly or through a relayer, within
/// the session's hour.
#[test]
#[fuzzer(runs: 64)]
fn what_is_gone_is_within_what_was_counted_and_that_within_the_window(one: u256, two: u256) {
    let account = deploy(1_000, array![]);
    let others = Others {
        account,
        router: deploy_mock("Router"),
        exchange: deploy_mock("Exchange"),
        payout: deploy_mock("Payout"),
    };
    let mut first = opened(others);
    let mut second = opened(others);
    let mut now = NOW;
    for half in array![one, two] {
        let mut numbers = half;
        for _ in 0..4_u8 {
            now += draw(ref numbers, 400).try_into().unwrap();
            start_cheat_block_timestamp_global(now);
            let plain = draw(ref numbers, 2) == 0;
            let mut calls = array![];
            let (mut one, mut other) = (first, second);
            for _ in 0..(1 + draw(ref numbers, 4)) {
                let (kind, amount) = (draw(ref numbers, 7), draw(ref numbers, 14));
                let call = if draw(ref numbers, 2) == 0 {
                    let (call, after, beside) = step(kind, amount, one, other, others, now);
                    one = after;
                    other = beside;
                    call
                } else {
                    let (call, after, beside) = step(kind, amount, other, one, others, now);
                    other = after;
                    one = beside;
                    call
                };
                calls.append(call);
            }
            let outcome = act(account, plain, calls);
            let named = if one.batch.error == 0 {
                other.batch.error
            } else {
                one.batch.error
            };
            if named != 0 {
                assert!(outcome.is_err());
            } else if one.is_over(now) || other.is_over(now) {
                assert_reverts(outcome, OVER_WINDOW);
            } else {
                outcome.unwrap();
                first = one.close(now);
                second = other.close(now);
            }
            for books in array![first, second] {
                assert_kept(books, account);
            }
        }
    }
}
