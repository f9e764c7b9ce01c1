//! Tests of pinned arguments.

use session_client::felt::selector;
use session_client::{AllowedCall, SessionKey};
use session_e2e::*;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};

/// Felts at the limits of their range.
const BORDERS: [Felt; 4] = [Felt::ZERO, Felt::ONE, Felt::from_hex_unchecked("0xbeef"), Felt::MAX];

fn transfer(calldata: &[Felt]) -> Call {
    Call { calldata: calldata.to_vec(), ..call(selector("transfer"), &[]) }
}

#[tokio::test]
async fn an_entry_without_an_argument_allows_any_calldata() {
    let chain = Chain::start().await;
    let key = chain.register_for(&listed([transfer_of(STRK)])).await;
    for calldata in [vec![], vec![Felt::ZERO], vec![Felt::MAX; 300]] {
        assert!(chain.is_call_allowed(&key, &transfer(&calldata)).await);
    }
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
}

#[tokio::test]
async fn a_pinned_recipient_is_paid_and_nobody_else() {
    let chain = Chain::start().await;
    let merchant = chain.payment().calldata[0];
    let key = chain.register_for(&listed([transfer_of(STRK).with_argument(0, merchant)])).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment(); 2]).await;

    let mut other = chain.payment();
    other.calldata[0] += Felt::ONE;
    let pulled = Call { selector: selector("transfer_from"), ..chain.payment() };
    for wrong in [
        other,
        // The calldata is shorter than the argument's place.
        transfer(&[]),
        Call { to: ETH, ..chain.payment() },
        pulled,
        // The value is at another place.
        transfer(&[Felt::ONE, merchant, Felt::ZERO]),
    ] {
        chain.assert_refused_both_ways(&key, vec![wrong.clone()], NOT_LISTED).await;
        chain.assert_refused_both_ways(&key, vec![chain.payment(), wrong], NOT_LISTED).await;
    }
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (6, 4));
}

/// The calldata has every length from 0 to one felt more than the place needs.
#[tokio::test]
async fn a_calldata_that_ends_before_the_argument_is_refused_and_no_panic() {
    let chain = Chain::start().await;
    for index in [0_u8, 1, 2, 254, 255] {
        let seven = Felt::from(7);
        let key =
            chain.register_for(&listed([transfer_of(STRK).with_argument(index, seven)])).await;
        let place = usize::from(index);
        for length in [0, 1, place.saturating_sub(1), place, place + 1, place + 2] {
            // All felts are the pinned value, so that only the right place can satisfy the entry.
            let call = transfer(&vec![seven; length]);
            assert_eq!(
                chain.is_call_allowed(&key, &call).await,
                length > place,
                "{index} {length}"
            );
        }
        let mut calldata = vec![seven; place + 2];
        calldata[place] = Felt::ZERO;
        assert!(!chain.is_call_allowed(&key, &transfer(&calldata)).await, "{index}");
    }
    // Transactions give the same results.
    let key = chain.register_for(&listed([transfer_of(STRK).with_argument(1, Felt::ONE)])).await;
    for length in [0, 1] {
        let short = transfer(&vec![Felt::ONE; length]);
        chain.assert_refused_both_ways(&key, vec![short], NOT_LISTED).await;
    }
}

#[tokio::test]
async fn values_at_the_felts_borders_are_told_apart() {
    let chain = Chain::start().await;
    for value in BORDERS {
        let key = chain.register_for(&listed([transfer_of(STRK).with_argument(0, value)])).await;
        for given in BORDERS.into_iter().flat_map(|it| [it - Felt::ONE, it, it + Felt::ONE]) {
            let call = transfer(&[given, Felt::ONE, Felt::ZERO]);
            let allowed = chain.is_call_allowed(&key, &call).await;
            assert_eq!(allowed, given == value, "{value:#x} {given:#x}");
        }
    }
}

#[tokio::test]
async fn one_function_may_have_many_values_of_one_argument() {
    let chain = Chain::start().await;
    let recipient = |nth: u64| Felt::from(0xbeef + nth);
    let pinned = |nth| transfer_of(STRK).with_argument(0, recipient(nth));
    let elsewhere = transfer_of(ETH).with_argument(0, recipient(60));
    let entries: Vec<_> = (0..50).map(pinned).chain([elsewhere]).collect();
    let key = chain.register_for(&listed(entries.clone())).await;
    for nth in 0..62 {
        for to in [STRK, ETH] {
            let payment = Call { to, ..transfer(&[recipient(nth), Felt::ONE, Felt::ZERO]) };
            let expected = entries.iter().any(|it| it.allows(&payment));
            assert_eq!(chain.is_call_allowed(&key, &payment).await, expected, "{nth}");
        }
    }
    let pay = |nth| transfer(&[recipient(nth), Felt::ONE, Felt::ZERO]);
    chain.assert_allowed_both_ways(&key, vec![pay(0), pay(49), pay(25)]).await;
    chain.assert_refused_both_ways(&key, vec![pay(0), pay(50), pay(25)], NOT_LISTED).await;
}

/// If both were allowed, the wider entry would make the narrower one useless.
#[tokio::test]
async fn entries_that_swallow_each_other_are_refused() {
    let chain = Chain::start().await;
    let any = transfer_of(STRK);
    let pin = |index, value: u64| any.with_argument(index, value.into());
    let others = [transfer_of(ETH), transfer_of(Felt::ONE).with_argument(3, Felt::ONE)];
    for pair in [
        [any, pin(0, 1)],
        [pin(0, 1), any],
        [pin(255, 1), any],
        [pin(0, 1), pin(1, 2)],
        [pin(1, 1), pin(0, 1)],
        [pin(0, 1), pin(255, 1)],
        [pin(0, 1), pin(0, 1)],
        [pin(7, 0), pin(7, 0)],
        [any, any],
    ] {
        let apart = vec![pair[0], others[0], others[1], pair[1]];
        for list in [pair.to_vec(), apart] {
            let key = SessionKey::generate().public_key();
            let add = chain.contract.add_session_for_calls(key, &listed(list));
            assert_reverts(send(&chain.owner, vec![add]).await, "Session: duplicate call");
        }
    }
    let also = AllowedCall::new(STRK, selector("approve"));
    let good = [pin(0, 1), pin(0, 2), also.with_argument(1, Felt::ONE), others[0], pin(0, 0)];
    let key = SessionKey::generate().public_key();
    chain.as_owner(chain.contract.add_session_for_calls(key, &listed(good))).await;
}

#[tokio::test]
async fn a_pinned_spender_is_approved_and_nobody_else() {
    let chain = Chain::start().await;
    let router = Felt::from(0x70_07e2);
    let pinned = AllowedCall::new(STRK, selector("approve")).with_argument(0, router);
    let key = chain.register_for(&listed([pinned, transfer_of(STRK)])).await;
    let approve = |spender| Call {
        selector: selector("approve"),
        ..transfer(&[spender, Felt::ONE, Felt::ZERO])
    };
    chain.assert_allowed_both_ways(&key, vec![approve(router), chain.payment()]).await;
    let thief = chain.stranger.address();
    chain.assert_refused_both_ways(&key, vec![chain.payment(), approve(thief)], NOT_LISTED).await;
}

/// An index must fit a byte, and an option must be `Some` or `None`.
#[tokio::test]
async fn calldata_that_is_no_list_of_calls_registers_nothing() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let add = chain.contract.add_session_for_calls(key, &listed([transfer_of(STRK)]));
    let head = add.calldata[..add.calldata.len() - 1].to_vec();
    for (tail, error) in [
        (vec![0, 256, 7], "Failed to deserialize param"),
        (vec![2], "Failed to deserialize param"),
        (vec![0, 1], "Failed to deserialize param"),
        (vec![], "Failed to deserialize param"),
        (vec![1, 1], "Input too long for arguments"),
    ] {
        let tail = tail.into_iter().map(|it: u64| Felt::from(it)).collect();
        let add = Call { calldata: [head.clone(), tail].concat(), ..add.clone() };
        assert_reverts(send(&chain.owner, vec![add]).await, error);
    }
}
