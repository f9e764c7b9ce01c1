//! Tests of spending policies: for which tokens a key can have them, and what a lying token can do.

use session_client::{SessionKey, SpendingLimits};
use session_e2e::mocks::*;
use session_e2e::*;
use starknet_rust::core::types::{Felt, U256};

const TOO_MANY: &str = "Spending: too many tokens";

/// Returns answers that are not exactly two felts below 2^128.
fn no_amounts() -> [Vec<Felt>; 5] {
    let wide = Felt::TWO.pow(128_u128);
    [vec![], vec![Felt::ZERO], vec![Felt::ZERO; 3], vec![wide, Felt::ZERO], vec![Felt::ZERO, wide]]
}

#[tokio::test]
async fn a_key_has_policies_for_eight_tokens_and_no_ninth() {
    let chain = Chain::start().await;
    let tokens: [Felt; 9] = chain.deploy_tokens().await;
    let bridge = chain.deploy_mock("Bridge").await;
    let key = chain.register(&limits()).await;
    let set = |token| chain.contract.set_spending_policy(key.public_key(), token, &maxima(10, 30));
    let eight = tokens[..8].iter().copied().map(set).collect();
    assert_succeeds(send(&chain.owner, eight).await);
    assert_reverts(send(&chain.owner, vec![set(tokens[8])]).await, TOO_MANY);
    assert_succeeds(send(&chain.owner, vec![set(tokens[0]), set(tokens[7])]).await);
    assert_eq!(chain.tokens(&key).await, tokens[..8]);

    // If another class left a count above 8, it counts as 8.
    let slot = slots::token_count_of(key.public_key());
    chain.plant(slots::token_of(key.public_key(), 8), tokens[8]).await;
    for count in [Felt::from(9), Felt::from(u32::MAX), Felt::TWO.pow(32_u128), Felt::MAX] {
        chain.plant(slot, count).await;
        assert_eq!(chain.tokens(&key).await, tokens[..8]);
        assert_reverts(send(&chain.owner, vec![set(tokens[8])]).await, TOO_MANY);
    }
    // The balances of the first 8 tokens are read, and that of the ninth is not.
    let permit = tokens.map(|token| ask(token, "permit_burner", [bridge]));
    assert_succeeds(send(&chain.stranger, permit.to_vec()).await);
    let burnt = |amount| tokens.map(|token| withdraw(bridge, token, amount)).to_vec();
    chain.assert_counted_both_ways(&key, burnt(10), tokens[7], 10).await;
    for token in &tokens[..8] {
        assert_eq!(chain.spent_of(&key, *token).await, 20_u8.into());
    }
    for token in [tokens[0], tokens[7]] {
        chain.assert_reverts_both_ways(&key, vec![withdraw(bridge, token, 11)], OVER_WINDOW).await;
    }
    // One of 8 policies is removed, so that another can be set.
    let remove = chain.contract.remove_spending_policy(key.public_key(), tokens[7]);
    assert_succeeds(send(&chain.owner, vec![remove, set(tokens[8])]).await);
    assert_eq!(chain.tokens(&key).await, [&tokens[..7], &tokens[8..]].concat());
}

#[tokio::test]
async fn removing_moves_the_last_token_into_the_place() {
    let chain = Chain::start().await;
    let tokens: [Felt; 4] = chain.deploy_tokens().await;
    let [first, second, third, fourth] = tokens;
    let key = SessionKey::generate();
    let remove = |token| chain.contract.remove_spending_policy(key.public_key(), token);
    assert_eq!(chain.tokens(&key).await, []);
    let another = SessionKey::generate();
    chain.cap(&another, STRK, &maxima(1, 1)).await;
    for token in tokens {
        chain.cap(&key, token, &maxima(1, 1)).await;
    }
    for (removed, left) in [
        (second, vec![first, fourth, third]),
        (second, vec![first, fourth, third]),
        (third, vec![first, fourth]),
        (first, vec![fourth]),
        (STRK, vec![fourth]),
        (fourth, vec![]),
        (fourth, vec![]),
    ] {
        chain.as_owner(remove(removed)).await;
        assert_eq!(chain.tokens(&key).await, left);
        let count = chain.stored(slots::token_count_of(key.public_key())).await;
        assert_eq!(count, left.len().into());
    }
    // The freed places are empty, and are used again in order.
    for index in 0..4 {
        let slot = slots::token_of(key.public_key(), index);
        assert_eq!(chain.stored(slot).await, Felt::ZERO);
    }
    for token in [third, first, third] {
        chain.cap(&key, token, &maxima(1, 1)).await;
    }
    assert_eq!(chain.tokens(&key).await, [third, first]);
    assert_eq!(chain.tokens(&another).await, [STRK], "each key has its own");
}

/// A felt that is no address, or the address of no contract, is skipped; nothing panics.
#[tokio::test]
async fn what_another_class_left_among_the_tokens_does_not_panic() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let (count, first, second) = (
        slots::token_count_of(key.public_key()),
        slots::token_of(key.public_key(), 0),
        slots::token_of(key.public_key(), 1),
    );
    chain.plant(count, Felt::TWO).await;
    chain.plant(second, token).await;
    for planted in [Felt::ZERO, Felt::MAX] {
        chain.plant(first, planted).await;
        assert_eq!(chain.tokens(&key).await, [token]);
        let calls = vec![withdraw(bridge, token, 20)];
        chain.assert_counted_both_ways(&key, calls, token, 20).await;
    }
}

/// Later changes do not call `balance_of`: the policy of a token that no longer answers can be lowered and
/// removed.
#[tokio::test]
async fn the_first_policy_of_a_token_asks_for_a_balance_and_no_later_one() {
    let chain = Chain::start().await;
    let liar = chain.deploy_liar().await;
    let key = SessionKey::generate();
    let set =
        |token| vec![chain.contract.set_spending_policy(key.public_key(), token, &maxima(1, 1))];
    for answer in no_amounts() {
        chain.as_stranger(tell(liar, "balance_of", &answer)).await;
        assert_reverts(send(&chain.owner, set(liar)).await, NO_BALANCE);
    }
    chain.as_stranger(silence(liar, "balance_of")).await;
    assert_reverts(send(&chain.owner, set(liar)).await, NO_BALANCE);
    // The token is a contract without `balance_of`, or the account itself.
    let bridge = chain.deploy_mock("Bridge").await;
    for token in [bridge, chain.account()] {
        assert_reverts(send(&chain.owner, set(token)).await, NO_BALANCE);
    }
    assert_reverts(send(&chain.owner, set(THIEF)).await, "is not deployed");
    assert_eq!(chain.tokens(&key).await, []);

    chain.as_stranger(tell(liar, "balance_of", &[Felt::from(u128::MAX); 2])).await;
    assert_succeeds(send(&chain.owner, set(liar)).await);
    chain.as_stranger(silence(liar, "balance_of")).await;
    assert_succeeds(send(&chain.owner, set(liar)).await);
    assert_eq!(chain.tokens(&key).await, [liar]);
    let remove = chain.contract.remove_spending_policy(key.public_key(), liar);
    assert_succeeds(send(&chain.owner, vec![remove]).await);
    assert_reverts(send(&chain.owner, set(liar)).await, NO_BALANCE);
}

/// The lying token's own window fills or does not; the other token's window is right.
#[tokio::test]
async fn a_token_that_lies_of_balances_harms_its_own_cap_alone() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let (liar, caller) = (chain.deploy_liar().await, chain.deploy_mock("Caller").await);
    chain.cap(&key, liar, &maxima(50, 100)).await;
    let tells = |felts: &[Felt]| make(caller, &[tell(liar, "balance_of", felts)]);
    let (rise, fall) = (tells(&u256(HELD + 5)), tells(&u256(HELD - 15)));
    let bridged = withdraw(bridge, token, 10);
    for (calls, counted) in [
        (vec![rise.clone(), bridged.clone()], 0_u8),
        (vec![fall.clone(), bridged.clone()], 20),
        (vec![rise, bridged.clone(), fall], 20),
    ] {
        let before = chain.spent_of(&key, liar).await;
        assert_succeeds(send(&chain.session(&key, END), calls).await);
        assert_eq!(chain.spent_of(&key, liar).await, before + counted.into());
    }
    assert_eq!(chain.spent_of(&key, token).await, 30_u8.into());
    let calls = vec![bridged, tells(&u256(0))];
    chain.assert_reverts_both_ways(&key, calls, OVER_WINDOW).await;
    // The outflow that the token claims is larger than a u256.
    let most = U256::from_words(u128::MAX, u128::MAX);
    let unlimited =
        SpendingLimits { max_per_call: most, max_per_window: most, window_seconds: HOUR };
    chain.cap(&key, liar, &unlimited).await;
    let (all, none) = (tells(&[Felt::from(u128::MAX); 2]), tells(&u256(0)));
    let calls = vec![all.clone(), none.clone(), all, none];
    chain.assert_reverts_both_ways(&key, calls, OVER_WINDOW).await;
}

#[tokio::test]
async fn a_balance_that_is_none_reverts_the_batch_and_leaves_tokens_to_be_transferred() {
    let Capped { chain, token, key, .. } = Capped::start().await;
    let (liar, caller) = (chain.deploy_liar().await, chain.deploy_mock("Caller").await);
    chain.cap(&key, liar, &maxima(50, 100)).await;
    // The wrong answer comes before the call, or after it.
    for answer in no_amounts() {
        let calls = vec![make(caller, &[tell(liar, "balance_of", &answer)])];
        chain.assert_reverts_both_ways(&key, calls, NO_BALANCE).await;
    }
    let calls = vec![make(caller, &[silence(liar, "balance_of")])];
    chain.assert_reverts_both_ways(&key, calls, NO_BALANCE).await;
    chain.as_stranger(silence(liar, "balance_of")).await;
    let calls = vec![make(caller, &[tell(liar, "balance_of", &u256(HELD))])];
    chain.assert_reverts_both_ways(&key, calls, NO_BALANCE).await;
    let named = vec![transfer(token, 10), transfer(liar, 10)];
    chain.assert_counted_both_ways(&key, named, token, 10).await;
}

#[tokio::test]
async fn an_allowance_that_is_none_sets_nothing_off() {
    let Capped { chain, key, .. } = Capped::start().await;
    let (liar, caller) = (chain.deploy_liar().await, chain.deploy_mock("Caller").await);
    chain.cap(&key, liar, &maxima(50, 1_000)).await;
    // The batch names 10, of which 10 leave; `says` is the allowance that the token then claims.
    let falls = |says| {
        vec![
            approve(liar, THIEF, 10),
            make(caller, &[says, tell(liar, "balance_of", &u256(HELD - 10))]),
        ]
    };
    let says = |felts: &[Felt]| tell(liar, "allowance", felts);
    let malformed = no_amounts().map(|felts| (says(&felts), 20));
    for (says, counted) in [
        (says(&u256(0)), 10),
        (says(&u256(4)), 14),
        (says(&u256(10)), 20),
        (says(&[Felt::ZERO, Felt::ONE]), 20),
        (silence(liar, "allowance"), 20),
    ]
    .into_iter()
    .chain(malformed)
    {
        let before = chain.spent_of(&key, liar).await;
        chain.as_stranger(tell(liar, "balance_of", &u256(HELD))).await;
        assert_succeeds(send(&chain.session(&key, END), falls(says)).await);
        assert_eq!(chain.spent_of(&key, liar).await, before + U256::from(counted as u8));
    }
}

/// What a token lets others pull while its `balance_of` is called is not subtracted from what left before.
#[tokio::test]
async fn a_token_that_calls_back_while_it_is_asked_gains_nothing() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let (liar, caller) = (chain.deploy_liar().await, chain.deploy_mock("Caller").await);
    let router = chain.deploy_mock("Router").await;
    // Its balance is read after the other token's.
    chain.cap(&key, liar, &maxima(50, 100)).await;
    let (approval, bridged) = (approve(token, router, 10), withdraw(bridge, token, 10));
    let arms = make(caller, &[arm(liar, &[pull(router, token, chain.account(), 10)])]);
    // Either no balance is read after it, or it lies between two spans of measured calls.
    let last = vec![approval.clone(), bridged.clone(), arms.clone()];
    let between = vec![approval, arms, transfer(liar, 1), bridged];
    for calls in [between, last] {
        chain.assert_counted_both_ways(&key, calls, token, 20).await;
    }
    assert_eq!(chain.held(token).await, HELD - 80);
}

/// Its balance is read before the other token's. It pulls what was approved at any of these reads, even
/// before the other token's first balance is known.
#[tokio::test]
async fn a_token_that_calls_back_at_any_look_gains_nothing() {
    let (Capped { chain, token, .. }, bridge) = Capped::start_with_bridge().await;
    let (liar, router) = (chain.deploy_liar().await, chain.deploy_mock("Router").await);
    chain.as_stranger(mint(token, chain.account(), 9 * HELD)).await;
    for is_first in [true, false] {
        for look in 0..4 {
            for path in BOTH_PATHS {
                chain.as_stranger(arm(liar, &[])).await;
                let key = chain.register(&limits()).await;
                let mut tokens = [(token, 100), (liar, 50)];
                if is_first {
                    tokens.reverse();
                }
                for (token, per_call) in tokens {
                    chain.cap(&key, token, &maxima(per_call, 100)).await;
                }
                let mut armed = arm(liar, &[pull(router, token, chain.account(), 100)]);
                for _ in 0..look {
                    armed = arm(liar, &[armed]);
                }
                chain.as_stranger(armed).await;
                let before = chain.held(token).await;
                let calls = vec![approve(token, router, 100), withdraw(bridge, token, 100)];
                let sent = chain.send_by(path, &key, calls).await;
                let gone = before - chain.held(token).await;
                assert!(gone <= 100, "{is_first}, {look}, {path:?}: {gone} of 100");
                assert_reverts(sent, "Spending: ");
            }
        }
    }
}

/// A known limit: what the token pays in after the other token's balance was read hides what is then
/// bridged. The account's balance does not fall.
#[tokio::test]
async fn what_a_token_has_paid_in_while_it_is_asked_hides_what_leaves() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let (liar, vault) = (chain.deploy_liar().await, chain.deploy_mock("Vault").await);
    let calls = vec![approve(token, vault, 500), deposit(vault, token, 500)];
    assert_succeeds(send(&chain.owner, calls).await);
    chain.cap(&key, liar, &maxima(50, 100)).await;
    let redeemed = chain.outside(vec![redeem(vault, token, 300, chain.account())], &key, END);
    chain.as_stranger(arm(liar, &[redeemed.call()])).await;
    assert_succeeds(send(&chain.session(&key, END), vec![withdraw(bridge, token, 300)]).await);
    assert_eq!((chain.held(token).await, chain.spent_of(&key, token).await), (500, 0_u8.into()));
}
