//! Tests of upgrades to another class, and from OpenZeppelin's class and back (O-6).

use std::collections::HashMap;
use std::sync::Arc;

use session_client::felt::{selector, short_string};
use session_client::{OutsideExecution, SessionContract, SessionKey, token};
use session_e2e::*;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;
use starknet_rust::core::utils::get_storage_var_address;

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
    use starknet_rust::core::types::{BlockId, BlockTag};
    use starknet_rust::providers::Provider;

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
        for id in [&SESSIONS[..], &FEE_LIMITS[..], &SPENDING_TOKENS[..]].map(id_of) {
            assert!(contract.supports_interface(id).await.unwrap(), "{id:#x}");
        }
        for id in [Felt::ZERO, Felt::ONE, Felt::MAX] {
            assert!(!contract.supports_interface(id).await.unwrap());
        }
    }
}

/// The functions of this project's own interfaces; an interface's id is the XOR of its functions'
/// selectors.
const SESSIONS: [&str; 6] = [
    "add_session",
    "add_session_for_calls",
    "revoke_session",
    "revoke_all_sessions",
    "get_session_status",
    "is_call_allowed",
];
const FEE_LIMITS: [&str; 3] =
    ["set_session_fee_limit", "remove_session_fee_limit", "get_session_fee_limit"];
const SPENDING_TOKENS: [&str; 1] = ["get_spending_tokens"];

fn interface_ids() -> HashMap<String, Felt> {
    #[derive(serde::Deserialize)]
    struct Selectors {
        interface_ids: HashMap<String, Felt>,
    }
    vectors::load::<Selectors>("selectors").interface_ids
}

/// Makes `Impostor` answer `length` felts, all of them `felt`.
async fn plant_answer(chain: &Chain, length: u64, felt: Felt) {
    chain.plant(slot("Impostor_length"), length.into()).await;
    chain.plant(slot("Impostor_felt"), felt).await;
}

fn slot(name: &str) -> Felt {
    get_storage_var_address(name, &[]).unwrap()
}

/// An empty signature is not valid, and an account answers that with exactly one felt, 0.
#[tokio::test]
async fn a_class_must_answer_no_signature_with_exactly_one_felt_which_is_0() {
    let chain = Chain::start().await;
    let impostor = chain.declare_mock("Impostor").await;
    let before = chain.class_hash().await;
    let upgrade = || vec![chain.contract.upgrade(impostor)];
    for (length, felt) in [
        (0, Felt::ZERO),
        (1, Felt::ONE),
        (1, short_string("VALID")),
        (1, Felt::MAX),
        (2, Felt::ZERO),
        (3, Felt::ZERO),
    ] {
        plant_answer(&chain, length, felt).await;
        let refused = send(&chain.owner, upgrade()).await;
        assert_reverts(refused, "Account: class is no account");
    }
    assert_eq!(chain.class_hash().await, before);
    plant_answer(&chain, 1, Felt::ZERO).await;
    assert_succeeds(send(&chain.owner, upgrade()).await);
    assert_eq!(chain.class_hash().await, impostor);
}

/// The class that is asked runs as the account, and can write to its storage.
#[tokio::test]
async fn what_a_refused_class_did_is_undone_and_the_epoch_is_read_after_the_questions() {
    let chain = Chain::start().await;
    let impostor = chain.declare_mock("Impostor").await;
    let key = chain.register(&limits()).await;
    let upgrade = || vec![chain.contract.upgrade(impostor)];
    chain.plant(slot("Impostor_epoch"), Felt::from(41)).await;
    plant_answer(&chain, 1, Felt::ONE).await;
    let refused = send(&chain.owner, upgrade()).await;
    assert_reverts(refused, "Account: class is no account");
    assert_eq!(chain.stored(slots::epoch()).await, Felt::ZERO);
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;

    plant_answer(&chain, 1, Felt::ZERO).await;
    assert_succeeds(send(&chain.owner, upgrade()).await);
    assert_eq!(chain.stored(slots::epoch()).await, Felt::from(42));
}
