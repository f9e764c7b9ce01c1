//! Tests of what a stranger, a thief of a session key, or another class can send or leave behind.

use std::sync::Arc;

use session_client::Fri;
use session_client::calldata::of_calls;
use session_client::felt::{selector, short_string};
use session_client::{AllowedCall, OutsideExecution, SessionData, SessionKey};
use session_e2e::slots::{List, Record, record_of};
use session_e2e::*;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{
    BlockId, BlockTag, BroadcastedInvokeTransaction, BroadcastedInvokeTransactionV3, Call,
    DataAvailabilityMode, Felt, ResourceBounds, ResourceBoundsMapping,
};
use starknet_rust::providers::Provider;
use starknet_rust_crypto::poseidon_hash_many;

/// Returns felts at every limit that the account's code compares with.
fn boundaries() -> Vec<Felt> {
    let two = |exponent: u128| Felt::TWO.pow(exponent);
    let mut felts = vec![Felt::ZERO, Felt::ONE, ORDER, Felt::MAX];
    for exponent in [16, 31, 32, 63, 64, 127, 128, 250, 251] {
        felts.extend([two(exponent) - Felt::ONE, two(exponent), two(exponent) + Felt::ONE]);
    }
    felts.extend([ORDER - Felt::ONE, ORDER + Felt::ONE]);
    felts
}

#[tokio::test]
async fn a_signature_of_any_length_but_two_and_four_is_refused_without_a_panic() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    for len in [0, 1, 3, 5, 6] {
        let key = key.clone();
        let account = Forged::new(&chain, move |hash| {
            let mut signature = key.sign(&hash, END).unwrap();
            signature.resize(len, Felt::ZERO);
            signature
        });
        assert_refused(send(&account, vec![chain.payment()]).await);
    }
}

#[tokio::test]
async fn felts_at_every_boundary_in_an_owner_signature_are_refused_without_a_panic() {
    let chain = Chain::start().await;
    for felt in boundaries() {
        for signature in [vec![felt, Felt::ONE], vec![Felt::ONE, felt], vec![felt, felt]] {
            let account = Forged::new(&chain, move |_| signature.clone());
            assert_refused(send(&account, vec![chain.payment()]).await);
        }
    }
}

#[tokio::test]
async fn felts_at_every_boundary_in_a_session_signature_are_refused_without_a_panic() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    for felt in boundaries() {
        for place in 0..4 {
            let key = key.clone();
            let account = Forged::new(&chain, move |hash| {
                let mut signature = key.sign(&hash, END).unwrap();
                signature[place] = felt;
                signature
            });
            assert_refused(send(&account, vec![chain.payment()]).await);
        }
    }
    assert_eq!(chain.calls_used(&key).await, 0);
}

#[tokio::test]
async fn felts_at_every_boundary_in_an_outside_signature_are_refused_with_an_error_of_ours() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let right = chain.outside(vec![chain.payment()], &key, END);
    for felt in boundaries() {
        for (place, error) in [
            (0, "Session: not found"),
            (1, "Session: invalid signature"),
            (2, "Session: invalid signature"),
            (3, "Session: wrong valid_until"),
        ] {
            let mut signed = right.clone();
            signed.signature[place] = felt;
            assert_reverts(chain.relay(&signed).await, error);
        }
    }
}

#[tokio::test]
async fn targets_and_selectors_at_every_boundary_do_not_panic_in_validation() {
    let chain = Chain::start().await;
    let key = chain.register(&allowing([selector("transfer")])).await;
    for felt in boundaries() {
        let calls = vec![Call { to: felt, selector: felt, calldata: vec![felt] }];
        let sent = send(&chain.session(&key, END), calls).await;
        if felt < Felt::TWO.pow(251_u128) - Felt::from(256) {
            assert_refused(sent);
        } else {
            // The felt is not an address, so the calls cannot be decoded.
            assert!(sent.is_err(), "{felt:#x}");
        }
    }
    assert_eq!(chain.calls_used(&key).await, 0);
}

#[tokio::test]
async fn malformed_calldata_moves_nothing() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let whole = of_calls(&[chain.payment()]);
    let mut extra = whole.clone();
    extra.push(Felt::ZERO);
    let mut long = whole.clone();
    long[0] = Felt::TWO;
    let mut huge = whole.clone();
    huge[3] = Felt::MAX;
    let cut = whole[..whole.len() - 1].to_vec();
    for calldata in [vec![], vec![Felt::MAX], cut, extra, long, huge] {
        let key = key.clone();
        let account = Forged::new(&chain, move |hash| key.sign(&hash, END).unwrap())
            .with_calldata(calldata.clone());
        let sent = send(&account, vec![]).await;
        assert!(sent.is_err(), "{calldata:?} gave {sent:?}");
    }
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (0, 0));
}

/// `starknet_call` shows caller 0 and version 0, as the syscall `meta_tx_v0` does.
#[tokio::test]
async fn the_protocols_entry_points_are_closed_to_a_call() {
    let chain = Chain::start().await;
    let error = format!("{:x}", short_string("Account: invalid tx version"));
    let payment = of_calls(&[chain.payment()]);
    for (selector, calldata) in [
        (selector("__execute__"), payment.clone()),
        (selector("__execute__"), vec![Felt::ZERO]),
        (selector("__validate__"), payment),
        (selector("__validate_declare__"), vec![Felt::ONE]),
        (selector("__validate_deploy__"), vec![Felt::ONE; 3]),
    ] {
        let refused = chain.contract.view(selector, calldata).await.unwrap_err().to_string();
        assert!(refused.contains(&error), "{refused}");
    }
}

#[tokio::test]
async fn the_protocols_entry_points_are_closed_to_contracts() {
    let chain = Chain::start().await;
    let payment = of_calls(&[chain.payment()]);
    for (selector, calldata) in [
        (selector("__validate__"), payment.clone()),
        (selector("__validate_declare__"), vec![Felt::ONE]),
        (selector("__validate_deploy__"), vec![Felt::ONE; 3]),
    ] {
        let call = Call { to: chain.account(), selector, calldata };
        for account in [&chain.stranger, &chain.owner] {
            let sent = send(account, vec![call.clone()]).await;
            assert_reverts(sent, "Account: invalid caller");
        }
    }
    // Since Starknet 0.14 the chain itself forbids contracts to call `__execute__`.
    let call = Call { to: chain.account(), selector: selector("__execute__"), calldata: payment };
    for account in [&chain.stranger, &chain.owner] {
        assert_reverts(send(account, vec![call.clone()]).await, "");
    }
    assert_eq!(chain.paid().await, 0);
}

/// O-5. Common clients estimate with an empty signature and without validation.
#[tokio::test]
async fn execution_does_not_panic_on_a_signature_of_another_length() {
    let chain = Chain::start().await;
    for len in [0, 1, 2, 3, 5, 6] {
        let account = Forged::new(&chain, move |_| vec![Felt::MAX; len]);
        let execution = account.execute_v3(vec![chain.payment()]).nonce(Felt::ZERO);
        let simulated = execution.simulate(true, true).await.unwrap();
        let trace = format!("{:?}", simulated.transaction_trace);
        assert!(!trace.contains("Revert"), "length {len}: {trace}");
    }
}

#[tokio::test]
async fn a_query_version_is_the_protocols_too() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.session(&key, END).execute_v3(vec![chain.payment()]).estimate_fee().await.unwrap();
    chain.owner.execute_v3(vec![chain.payment()]).estimate_fee().await.unwrap();
    assert_eq!(chain.calls_used(&key).await, 0);
}

/// Sends a transaction with data in two fields that no client offers; its hash is computed here.
async fn send_with(
    chain: &Chain,
    key: &SessionKey,
    paymaster_data: Vec<Felt>,
    account_deployment_data: Vec<Felt>,
) -> String {
    let bounds = |max_amount| ResourceBounds { max_amount, max_price_per_unit: 1_000_000_000 };
    let resource_bounds = ResourceBoundsMapping {
        l1_gas: bounds(0),
        l1_data_gas: bounds(50_000),
        l2_gas: bounds(60_000_000),
    };
    let packed = |name: Felt, bounds: &ResourceBounds| {
        name * Felt::TWO.pow(192_u128)
            + Felt::from(bounds.max_amount) * Felt::TWO.pow(128_u128)
            + Felt::from(bounds.max_price_per_unit)
    };
    let fee = poseidon_hash_many(&[
        Felt::ZERO,
        packed(short_string("L1_GAS"), &resource_bounds.l1_gas),
        packed(short_string("L2_GAS"), &resource_bounds.l2_gas),
        packed(short_string("L1_DATA"), &resource_bounds.l1_data_gas),
    ]);
    let block = BlockId::Tag(BlockTag::PreConfirmed);
    let nonce = chain.node.get_nonce(block, chain.account()).await.unwrap();
    let calldata = of_calls(&[chain.payment()]);
    let hash = poseidon_hash_many(&[
        short_string("invoke"),
        Felt::THREE,
        chain.account(),
        fee,
        poseidon_hash_many(&paymaster_data),
        chain.chain_id,
        nonce,
        Felt::ZERO,
        poseidon_hash_many(&account_deployment_data),
        poseidon_hash_many(&calldata),
    ]);
    let transaction = BroadcastedInvokeTransactionV3 {
        sender_address: chain.account(),
        calldata,
        signature: key.sign(&hash, END).unwrap(),
        nonce,
        resource_bounds,
        tip: 0,
        paymaster_data,
        account_deployment_data,
        nonce_data_availability_mode: DataAvailabilityMode::L1,
        fee_data_availability_mode: DataAvailabilityMode::L1,
        is_query: false,
        proof_facts: None,
    };
    match chain
        .node
        .add_invoke_transaction(BroadcastedInvokeTransaction {
            broadcasted_invoke_txn_v3: transaction,
            proof: None,
        })
        .await
    {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_session_transaction_with_a_paymaster_or_a_deployment_is_refused() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    let first = Record::ANY_CALL;
    for record in [first, Record { generation: 2, ..first }, Record { fee_limit: 1 << 64, ..first }]
    {
        chain.plant_record(&key, record).await;
        for (paymaster_data, account_deployment_data) in
            [(vec![Felt::ONE], vec![]), (vec![], vec![Felt::ONE])]
        {
            let refused = send_with(&chain, &key, paymaster_data, account_deployment_data).await;
            assert!(refused.contains("Got Retdata([0x0])"), "{record:?}: {refused}");
        }
        // The same transaction without data in these fields is accepted, so they are the reason for
        // the refusal.
        assert_eq!(send_with(&chain, &key, vec![], vec![]).await, "accepted", "{record:?}");
        assert_eq!(chain.calls_used(&key).await, 1);
    }
}

/// An earlier class of the account may have written anything into the slots of its sessions.
#[tokio::test]
async fn whatever_another_class_left_in_a_record_does_not_panic() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    let slot = record_of(key.public_key());
    for felt in boundaries() {
        chain.plant(slot, felt).await;
        assert_refused(send(&chain.session(&key, END), vec![chain.payment()]).await);
        let Record { valid_until, generation, max_calls, left, epoch, entries, .. } =
            Record::unpack(felt);
        let lives = generation != 0 && valid_until != 0 && epoch == 0;
        let data = chain.contract.session_data(key.public_key()).await.unwrap();
        let calls_used = max_calls.saturating_sub(left);
        let allowed_entrypoints_len = u32::from(entries);
        let shown = SessionData { valid_until, max_calls, calls_used, allowed_entrypoints_len };
        let expected = if lives { shown } else { SessionData::default() };
        assert_eq!(data, expected, "{felt:#x}");
        let status = chain.contract.session_status(key.public_key()).await.unwrap();
        assert_eq!(status.remaining_calls, if lives { left } else { 0 }, "{felt:#x}");
        chain.contract.is_call_allowed(key.public_key(), &chain.payment()).await.unwrap();
    }
}

/// The session lives. Bits that do not fit a field are not part of it.
#[tokio::test]
async fn whatever_another_class_left_in_a_live_record_is_read_field_by_field() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    let slot = record_of(key.public_key());
    let living = Record::ANY_CALL;
    chain.plant(slot, Record { left: 10, ..living }.pack()).await;
    let data = chain.contract.session_data(key.public_key()).await.unwrap();
    assert_eq!((data.max_calls, data.calls_used), (9, 0), "more left than granted");

    // Bits between the fields of the high half belong to none.
    let between = Felt::TWO.pow(128_u128 + 56);
    chain.plant(slot, living.pack() + between).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    chain.plant(slot, Record { fee_limit: 1, ..living }.pack() + between).await;
    assert_eq!(chain.contract.session_fee_limit(key.public_key()).await.unwrap(), Some(Fri(0)));
    assert_refused(send(&chain.session(&key, END), vec![chain.payment()]).await);
    assert_succeeds(chain.relay(&chain.outside(vec![chain.payment()], &key, END)).await);

    // The fee limit is read from its first bit to the top, so the largest felts hold one that is too large for
    // its field. A registration makes it the largest that the field holds.
    chain.plant(slot, living.pack() + Felt::TWO.pow(251_u128)).await;
    let limit = async || chain.contract.session_fee_limit(key.public_key()).await.unwrap();
    assert_eq!(limit().await, Some(Fri((1 << 65) - 1)));
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    let update = chain.contract.add_or_update_session_key(key.public_key(), &limits());
    chain.as_owner(update).await;
    assert_eq!(limit().await, Some(Fri((1 << 65) - 2)));
    assert_eq!(chain.record(&key).await.generation, 2);

    // Every field has its largest value.
    let most = Record {
        valid_until: LAST_END,
        generation: (1 << 24) - 1,
        max_calls: u32::MAX,
        left: u32::MAX,
        epoch: 0,
        entries: u16::MAX,
        kind: 0,
        fee_limit: (1 << 65) - 1,
    };
    chain.plant(slot, most.pack()).await;
    let data = chain.contract.session_data(key.public_key()).await.unwrap();
    let expected = SessionData {
        valid_until: LAST_END,
        max_calls: u32::MAX,
        calls_used: 0,
        allowed_entrypoints_len: u32::from(u16::MAX),
    };
    assert_eq!(data, expected);
    assert_eq!(limit().await, Some(Fri((1 << 65) - 2)));
    assert_succeeds(send(&chain.session(&key, LAST_END), vec![chain.payment()]).await);
}

#[tokio::test]
async fn a_kind_of_list_that_there_is_not_lets_nothing_through() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    let slot = record_of(key.public_key());
    let list = List::of(key.public_key(), 1);
    for to in [Felt::ZERO, STRK] {
        chain.plant(list.call(to, selector("transfer")), Felt::ONE).await;
    }
    for kind in 0..3 {
        chain.plant(slot, Record { kind, ..Record::ANY_CALL }.pack()).await;
        chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    }
    chain.plant(slot, Record { kind: 3, ..Record::ANY_CALL }.pack()).await;
    for (calls, error) in [
        (vec![chain.payment()], "Session: call not allowed"),
        (vec![chain.payment(), chain.payment()], "Session: call not allowed"),
        (vec![chain.ending(&key)], "Session: call to the account"),
    ] {
        chain.assert_refused_both_ways(&key, calls.clone(), error).await;
        assert!(!chain.is_call_allowed(&key, &calls[0]).await);
    }
    // The session can be ended, and its key registered again.
    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    let update = || chain.contract.add_or_update_session_key(key.public_key(), &limits());
    chain.as_owner(update()).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    // An update is refused only for a key that was registered for listed calls, and this one was never
    // registered.
    chain.plant(slot, Record { generation: 0, kind: 2, ..Record::ANY_CALL }.pack()).await;
    chain.as_owner(update()).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
}

/// The slot of a call holds 0, 1, or 2 plus an index; the slot of a pinned value holds 1.
#[tokio::test]
async fn whatever_another_class_left_in_a_lists_cells_is_refused_without_a_panic() {
    let chain = Chain::start().await;
    let merchant = chain.payment().calldata[0];
    let pinned = AllowedCall::new(STRK, selector("transfer")).with_argument(0, merchant);
    let key = chain.register_for(&listed([pinned])).await;
    let list = List::of(key.public_key(), 1);
    let cell = list.call(STRK, selector("transfer"));
    assert_eq!(chain.stored(cell).await, Felt::TWO, "2 and the index");
    let error = "Session: call not allowed";
    let long = Call { calldata: vec![merchant; 300], ..chain.payment() };
    let last = Felt::from(2 + 255);
    for felt in [boundaries(), vec![Felt::THREE, last, last + Felt::ONE]].concat() {
        chain.plant(cell, felt).await;
        // The call is allowed if the slot says "any calldata", or names an index within the calldata.
        let allowed =
            |length: u64| felt == Felt::ONE || (Felt::TWO <= felt && felt < Felt::from(2 + length));
        // The payment has other felts at the places 1 and 2.
        let payment = felt == Felt::ONE || felt == Felt::TWO;
        assert_eq!(chain.is_call_allowed(&key, &chain.payment()).await, payment, "{felt:#x}");
        assert_eq!(chain.is_call_allowed(&key, &long).await, allowed(256), "{felt:#x}");
    }
    for felt in [Felt::ZERO, Felt::THREE, last + Felt::ONE, Felt::MAX] {
        chain.plant(cell, felt).await;
        chain.assert_refused_both_ways(&key, vec![chain.payment()], error).await;
    }
    chain.plant(cell, Felt::TWO).await;
    let value = list.value(STRK, selector("transfer"), merchant);
    assert_eq!(chain.stored(value).await, Felt::ONE);
    for felt in boundaries() {
        chain.plant(value, felt).await;
        let allowed = felt == Felt::ONE;
        assert_eq!(chain.is_call_allowed(&key, &chain.payment()).await, allowed, "{felt:#x}");
    }
    for felt in [Felt::ZERO, Felt::TWO, Felt::MAX] {
        chain.plant(value, felt).await;
        chain.assert_refused_both_ways(&key, vec![chain.payment()], error).await;
    }
}

/// A registration overwrites what another class left in the slots of its list.
#[tokio::test]
async fn what_another_class_left_in_a_cell_is_overwritten_by_a_registration() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    let merchant = chain.payment().calldata[0];
    let pinned = AllowedCall::new(STRK, selector("transfer")).with_argument(0, merchant);
    let list = List::of(key.public_key(), 1);
    for cell in list.cells(&[pinned]) {
        chain.plant(cell, Felt::ONE).await;
    }
    chain.as_owner(chain.contract.add_session_for_calls(key.public_key(), &listed([pinned]))).await;
    assert!(chain.is_call_allowed(&key, &chain.payment()).await);
    let mut other = chain.payment();
    other.calldata[0] += Felt::ONE;
    assert!(!chain.is_call_allowed(&key, &other).await);
}

#[tokio::test]
async fn calls_to_no_contract_revert_and_move_nothing() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let nowhere = Call { to: Felt::from(0xdead), ..chain.payment() };
    let calls = vec![chain.payment(), nowhere];
    assert_reverts(send(&chain.session(&key, END), calls.clone()).await, "not deployed");
    let signed = chain.sign(OutsideExecution::new(calls, END), &key, END);
    assert_reverts(chain.relay(&signed).await, "not deployed");
    assert_eq!(chain.paid().await, 0);
}
