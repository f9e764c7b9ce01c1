//! Tests of spending policies in nested batches: outside executions of the account that a called contract
//! submits while a session's batch runs.

use session_client::{SessionKey, SignedOutsideExecution};
use session_e2e::mocks::*;
use session_e2e::*;
use starknet_rust::core::types::{Call, Felt};

/// A chain with a contract that makes any calls for anybody, and a bridge.
struct Nested {
    capped: Capped,
    caller: Felt,
    bridge: Felt,
}

impl Nested {
    async fn start() -> Self {
        let (capped, bridge) = Capped::start_with_bridge().await;
        let caller = capped.chain.deploy_mock("Caller").await;
        Self { capped, caller, bridge }
    }

    /// Returns the one call within which `caller` submits `signed`.
    fn submits(&self, signed: &SignedOutsideExecution) -> Call {
        make(self.caller, &[signed.call()])
    }

    fn withdraw(&self, amount: u128) -> Call {
        withdraw(self.bridge, self.capped.token, amount)
    }

    /// Asserts, both ways, that a batch of the session succeeds within which the outside execution `inner`
    /// is submitted.
    async fn assert_succeeds_both_ways(&self, inner: impl Fn() -> SignedOutsideExecution) {
        let Capped { chain, key, .. } = &self.capped;
        for path in BOTH_PATHS {
            let calls = vec![self.submits(&inner())];
            assert_succeeds(chain.send_by(path, key, calls).await);
        }
    }

    async fn spent(&self, key: &SessionKey) -> u128 {
        let spent = self.capped.chain.spent_of(key, self.capped.token).await;
        assert_eq!(spent.high(), 0);
        spent.low()
    }
}

/// Both count: what calls name, and what left while they ran.
#[tokio::test]
async fn a_nested_batch_of_the_same_key_counts_for_itself_and_in_the_outer_one() {
    let nested = Nested::start().await;
    let Capped { chain, token, key, .. } = &nested.capped;
    for inner in [vec![transfer(*token, 10)], vec![nested.withdraw(10)]] {
        let before = nested.spent(key).await;
        nested.assert_succeeds_both_ways(|| chain.outside(inner.clone(), key, END)).await;
        assert_eq!(nested.spent(key).await - before, 40);
    }
    assert_eq!(chain.held(*token).await, HELD - 40);
    let calls = vec![nested.submits(&chain.outside(vec![nested.withdraw(11)], key, END))];
    chain.assert_reverts_both_ways(key, calls, OVER_WINDOW).await;
}

#[tokio::test]
async fn a_nested_batch_of_another_key_counts_for_each() {
    let nested = Nested::start().await;
    let Capped { chain, token, key, .. } = &nested.capped;
    let (free, capped) = (chain.register(&limits()).await, chain.register(&limits()).await);
    chain.cap(&capped, *token, &maxima(50, 100)).await;
    for (other, counted) in [(&free, 0), (&capped, 40)] {
        let before = nested.spent(key).await;
        let inner = || chain.outside(vec![nested.withdraw(20)], other, END);
        nested.assert_succeeds_both_ways(inner).await;
        assert_eq!(nested.spent(key).await - before, 40);
        assert_eq!(nested.spent(other).await, counted);
    }
    let calls = vec![nested.submits(&chain.outside(vec![nested.withdraw(21)], &free, END))];
    chain.assert_reverts_both_ways(key, calls, OVER_WINDOW).await;
}

/// No policy limits the owner, but his nested batch counts in the session's batch around it. If that batch
/// fails, the nonce of the owner's outside execution stays unspent.
#[tokio::test]
async fn a_nested_batch_of_the_owner_counts_in_the_outer_one_and_may_fail_with_it() {
    let nested = Nested::start().await;
    let Capped { chain, token, key, .. } = &nested.capped;
    let inner = || chain.outside_as_owner(vec![transfer(*token, 40)]);
    nested.assert_succeeds_both_ways(inner).await;
    assert_eq!(nested.spent(key).await, 80);
    let signed = inner();
    chain.assert_reverts_both_ways(key, vec![nested.submits(&signed)], OVER_WINDOW).await;
    assert_succeeds(chain.relay(&signed).await);
    assert_eq!(chain.held(*token).await, HELD - 120);
}

/// What comes in within the same call hides the nested batch's outflow from the outer batch, but not from
/// the nested one.
#[tokio::test]
async fn a_nested_batch_counts_for_itself_whatever_comes_in_beside_it() {
    let nested = Nested::start().await;
    let Capped { chain, token, key, .. } = &nested.capped;
    let payout = chain.deploy_mock("Payout").await;
    chain.as_stranger(mint(*token, payout, HELD)).await;
    let calls = |amount| {
        let inner = chain.outside(vec![nested.withdraw(amount)], key, END);
        let paid = pay_out(payout, *token, chain.account(), amount);
        vec![make(nested.caller, &[inner.call(), paid])]
    };
    assert_succeeds(send(&chain.session(key, END), calls(50)).await);
    assert_eq!(nested.spent(key).await, 50);
    assert_succeeds(chain.relay(&chain.outside(calls(50), key, END)).await);
    assert_eq!(nested.spent(key).await, 100);
    chain.assert_reverts_both_ways(key, calls(1), OVER_WINDOW).await;
}

#[tokio::test]
async fn a_policy_that_is_removed_meanwhile_counts_nothing() {
    let nested = Nested::start().await;
    let Capped { chain, token, key, .. } = &nested.capped;
    let remove = chain.contract.remove_spending_policy(key.public_key(), *token);
    for path in BOTH_PATHS {
        chain.cap(key, *token, &maxima(50, 100)).await;
        let inner = chain.outside_as_owner(vec![remove.clone()]);
        // Named amounts are checked before the calls are made, and measured amounts after them.
        let calls = vec![transfer(*token, 50), nested.submits(&inner), nested.withdraw(200)];
        assert_succeeds(chain.send_by(path, key, calls).await);
        let policy = chain.contract.spending_policy(key.public_key(), *token).await.unwrap();
        assert_eq!((policy.window_seconds, policy.window_start), (0, 0));
        assert_eq!(policy.spent_in_window, 0_u8.into());
    }
    assert_eq!(chain.held(*token).await, HELD - 500);
}

#[tokio::test]
async fn a_policy_that_is_set_meanwhile_counts_from_the_next_batch_on() {
    let nested = Nested::start().await;
    let Capped { chain, token, other, key } = &nested.capped;
    let withdraw = |amount| withdraw(nested.bridge, *other, amount);
    let set = chain.contract.set_spending_policy(key.public_key(), *other, &maxima(50, 100));
    let remove = chain.contract.remove_spending_policy(key.public_key(), *other);
    for path in BOTH_PATHS {
        let inner = chain.outside_as_owner(vec![remove.clone(), set.clone()]);
        let calls = vec![nested.submits(&inner), withdraw(200)];
        chain.as_owner(remove.clone()).await;
        assert_succeeds(chain.send_by(path, key, calls).await);
        assert_eq!(chain.spent_of(key, *other).await, 0_u8.into());
        chain.assert_reverts_both_ways(key, vec![withdraw(101)], OVER_WINDOW).await;
    }
    // What the key spends of the first token still counts.
    assert_eq!((chain.held(*other).await, nested.spent(key).await), (HELD - 400, 0));
    chain.assert_reverts_both_ways(key, vec![transfer(*token, 51)], "over call maximum").await;
}

/// The window is read after all calls have been made.
#[tokio::test]
async fn a_policy_that_is_set_again_meanwhile_counts_as_it_then_stands() {
    let nested = Nested::start().await;
    let Capped { chain, token, key, .. } = &nested.capped;
    let set = |per_window| {
        let maxima = maxima(1, per_window);
        let set = chain.contract.set_spending_policy(key.public_key(), *token, &maxima);
        nested.submits(&chain.outside_as_owner(vec![set]))
    };
    let calls = vec![set(10), nested.withdraw(11)];
    chain.assert_reverts_both_ways(key, calls, OVER_WINDOW).await;
    assert_succeeds(send(&chain.session(key, END), vec![set(200), nested.withdraw(150)]).await);
    let calls = vec![nested.withdraw(150), set(300)];
    assert_succeeds(chain.relay(&chain.outside(calls, key, END)).await);
    assert_eq!(nested.spent(key).await, 300);
}

/// A token may call back when its `balance_of` is called; the named amounts are stored by then.
#[tokio::test]
async fn what_is_named_is_written_before_the_first_balance_is_asked() {
    let Capped { chain, token, .. } = Capped::start().await;
    let liar = chain.deploy_liar().await;
    for path in BOTH_PATHS {
        let key = chain.register(&limits()).await;
        // The first token whose balance is read.
        chain.cap(&key, liar, &maxima(50, 100)).await;
        chain.cap(&key, token, &maxima(50, 50)).await;
        let nests = async |amount| {
            let inner = chain.outside(vec![transfer(token, amount)], &key, END);
            chain.as_stranger(arm(liar, &[inner.call()])).await;
            let calls = vec![free(), transfer(token, 40)];
            chain.send_by(path, &key, calls).await
        };
        // The nested call fails, so the token's `balance_of` panics.
        assert_reverts(nests(11).await, NO_BALANCE);
        assert_succeeds(nests(10).await);
        assert_eq!(chain.spent_of(&key, token).await, 50_u8.into());
    }
}

/// The batch is refused before any `balance_of` is called, since that token would panic.
#[tokio::test]
async fn what_is_named_is_judged_before_the_first_balance_is_asked() {
    let Capped { chain, token, key, .. } = Capped::start().await;
    let liar = chain.deploy_liar().await;
    chain.cap(&key, liar, &maxima(50, 100)).await;
    chain.as_stranger(silence(liar, "balance_of")).await;
    let calls = vec![free(), transfer(token, 51)];
    chain.assert_reverts_both_ways(&key, calls, "Spending: over call maximum").await;
}
