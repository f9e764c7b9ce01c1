//! Tests that the chain decides what became of an outside execution, whatever the paymaster says.

use super::*;
use crate::node::Node;

/// Starts a node whose last block has the time `now` and on which a nonce is spent if `is_spent`; with
/// `None` there is no account.
async fn node(now: u64, is_spent: Option<bool>) -> (Server, Node) {
    let price = json!({ "price_in_fri": "0x1", "price_in_wei": "0x1" });
    let pre_confirmed = json!({
        "block_number": 7, "timestamp": now, "sequencer_address": "0x1", "l1_gas_price": price,
        "l2_gas_price": price, "l1_data_gas_price": price, "l1_da_mode": "BLOB",
        "starknet_version": "0.14.1", "transactions": [],
    });
    let mut block = pre_confirmed.clone();
    for commitment in ["event", "transaction", "receipt", "state_diff"] {
        block[format!("{commitment}_commitment")] = json!("0x0");
    }
    for count in ["event_count", "transaction_count", "state_diff_length"] {
        block[count] = json!(0);
    }
    block["status"] = json!("ACCEPTED_ON_L2");
    block["block_hash"] = json!("0xb10c");
    block["parent_hash"] = json!("0x1");
    block["new_root"] = json!("0x1");
    let server = Server::new(move |asked| match asked.method.as_str() {
        "starknet_chainId" => Reply::Result(json!(format!("{SEPOLIA:#x}"))),
        "starknet_getBlockWithTxHashes" if asked.params["block_id"] == "latest" => {
            Reply::Result(block.clone())
        }
        "starknet_getBlockWithTxHashes" => Reply::Result(pre_confirmed.clone()),
        "starknet_call" => match is_spent {
            Some(is_spent) => Reply::Result(json!([if is_spent { "0x0" } else { "0x1" }])),
            None => Reply::Error(json!({ "code": 20, "message": "Contract not found" })),
        },
        _ => Reply::HangUp,
    })
    .await;
    let node = Node::connect(server.url.parse().unwrap()).await.unwrap();
    (server, node)
}

/// Time and nonce come from one block, so that nothing can happen between the two.
#[tokio::test]
async fn what_was_signed_is_made_open_or_lapsed_by_one_block_s_word() {
    let claim = Claim { account: ACCOUNT, nonce: Felt::from(9), execute_before: NOW };
    for (now, is_spent, expected) in [
        (NOW - 1, Some(false), Settlement::Open),
        (NOW, Some(false), Settlement::Lapsed),
        (NOW - 1, None, Settlement::Open),
        (NOW, None, Settlement::Lapsed),
        (NOW - 1, Some(true), Settlement::Made),
        (NOW + 9, Some(true), Settlement::Made),
    ] {
        let (server, node) = node(now, is_spent).await;
        assert_eq!(claim.settle(&node).await.unwrap(), expected, "{now} {is_spent:?}");
        let asked = server.asked();
        let call = asked.iter().find(|it| it.method == "starknet_call").unwrap();
        assert_eq!(call.params["block_id"], json!({ "block_hash": "0xb10c" }));
    }
}

/// If it were signed, it could never be executed, and its spent nonce would say that it was.
#[tokio::test]
async fn a_nonce_that_is_spent_already_is_not_signed() {
    let execution = honest(&sponsored());
    let (server, paymaster) = answering(built(&execution.typed_data(SEPOLIA))).await;
    let (_node, spent) = node(NOW, Some(true)).await;
    let never = |_| unreachable!("it must not be signed");
    let error = paymaster.send(&sponsored(), &spent, never).await.unwrap_err();
    let PaymasterError::NotWhatWasAsked(difference) = error else { panic!("{error:?}") };
    assert_eq!(difference, Difference::NonceSpent { nonce: execution.nonce });
    assert_eq!(server.count(EXECUTE), 0);

    for is_spent in [Some(false), None] {
        let (_node, unspent) = node(NOW, is_spent).await;
        paymaster.send(&sponsored(), &unspent, sign).await.unwrap();
    }
    assert_eq!(server.count(EXECUTE), 2);
}
