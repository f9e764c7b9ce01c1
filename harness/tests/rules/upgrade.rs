//! Moving the account to another class, and from OpenZeppelin's and back (O-6).

use std::sync::Arc;

use session_harness::name::selector;
use session_harness::{OutsideExecution, SessionContract, SessionKey, token};
use starknet_rust_accounts::Account;
use starknet_rust_core::types::Felt;

use crate::chain::*;
use crate::vectors;

/// OpenZeppelin's account, which the devnet declares.
const OPENZEPPELIN: Felt =
    Felt::from_hex_unchecked("0x05b4b537eaa2399e3aa99c4e2e0208ebd6c71bc1467938cd52c798c601e43564");

#[tokio::test]
async fn an_upgrade_emits_upgraded_and_ends_every_session() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let class_hash = chain.class_hash().await;
    let outcome = chain.as_owner(chain.contract.upgrade(class_hash)).await;
    let upgraded = (vec![selector("Upgraded")], vec![class_hash]);
    assert!(chain.events(&outcome).await.contains(&upgraded));
    chain.assert_refused_both_ways(&key, vec![chain.payment()], "Session: not found").await;
}

#[tokio::test]
async fn only_the_account_itself_may_upgrade() {
    let chain = Chain::start().await;
    let upgrade = chain.contract.upgrade(chain.class_hash().await);
    assert_reverts(send(&chain.stranger, vec![upgrade]).await, "Account: unauthorized");
}

#[tokio::test]
async fn a_class_that_is_no_account_or_is_not_declared_is_refused() {
    use starknet_rust_core::types::{BlockId, BlockTag};
    use starknet_rust_providers::Provider;

    let chain = Chain::start().await;
    let block = BlockId::Tag(BlockTag::PreConfirmed);
    let token = chain.node.get_class_hash_at(block, token::STRK).await.unwrap();
    let before = chain.class_hash().await;
    let refused = send(&chain.owner, vec![chain.contract.upgrade(token)]).await;
    assert_reverts(refused, "Account: class is no account");
    for undeclared in [Felt::ZERO, Felt::ONE, Felt::from(0xdead)] {
        assert_reverts(send(&chain.owner, vec![chain.contract.upgrade(undeclared)]).await, "");
    }
    assert_eq!(chain.class_hash().await, before);
    assert_succeeds(send(&chain.owner, vec![chain.payment()]).await);
}

#[tokio::test]
async fn an_account_of_openzeppelins_moves_here_and_back_with_its_owner_and_nonces() {
    let chain = Chain::start().await;
    let ours = class().class_hash;
    let owner = &chain.stranger;
    let contract = SessionContract::new(owner.address(), chain.node.clone());
    let public_key = contract.public_key().await.unwrap();

    assert_succeeds(send(owner, vec![contract.upgrade(ours)]).await);
    assert_eq!(contract.public_key().await.unwrap(), public_key);
    let key = Arc::new(SessionKey::generate());
    assert_succeeds(send(owner, vec![contract.add_session(key.public_key(), &limits())]).await);
    let sign = |nonce: u64| {
        let outside = OutsideExecution::new(vec![chain.payment()], END * 2);
        let outside = OutsideExecution { nonce: nonce.into(), ..outside };
        outside.sign_as_session(owner.address(), chain.chain_id, &key, END).unwrap()
    };
    assert_succeeds(chain.relay(&sign(1)).await);

    assert_succeeds(send(owner, vec![contract.upgrade(OPENZEPPELIN)]).await);
    assert_eq!(contract.public_key().await.unwrap(), public_key);
    assert_succeeds(send(owner, vec![chain.payment()]).await);

    assert_succeeds(send(owner, vec![contract.upgrade(ours)]).await);
    assert_eq!(contract.public_key().await.unwrap(), public_key);
    assert_reverts(chain.relay(&sign(1)).await, "SRC9: duplicated nonce");
    assert_reverts(chain.relay(&sign(2)).await, "Session: not found");
    let add = contract.add_session(key.public_key(), &limits());
    assert_reverts(send(owner, vec![add]).await, "Session: key already used");
}

#[tokio::test]
async fn an_account_deployed_here_moves_to_openzeppelins_and_still_announces_itself() {
    let chain = Chain::start().await;
    let ids = interface_ids();
    chain.as_owner(chain.contract.upgrade(OPENZEPPELIN)).await;
    for name in ["src5", "src6", "src9_v2"] {
        assert!(chain.contract.supports_interface(ids[name]).await.unwrap(), "{name}");
    }
    let session = ids["snip163_session_key_manager"];
    assert!(!chain.contract.supports_interface(session).await.unwrap());
}

#[tokio::test]
async fn every_interface_is_announced_whichever_constructor_ran() {
    let chain = Chain::start().await;
    let ids = interface_ids();
    let born_elsewhere = chain.place(Felt::from(0x1234)).await;
    for contract in [&chain.contract, &born_elsewhere] {
        for name in [
            "src5",
            "src6",
            "src9_v2",
            "snip163_session_key_manager",
            "spending_policy_by_the_same_rule",
        ] {
            assert!(contract.supports_interface(ids[name]).await.unwrap(), "{name}");
        }
        for id in [Felt::ZERO, Felt::ONE, Felt::MAX] {
            assert!(!contract.supports_interface(id).await.unwrap());
        }
    }
}

fn interface_ids() -> std::collections::HashMap<String, Felt> {
    #[derive(serde::Deserialize)]
    struct Selectors {
        interface_ids: std::collections::HashMap<String, Felt>,
    }
    vectors::load::<Selectors>("selectors").interface_ids
}
