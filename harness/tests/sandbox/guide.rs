//! The Rust example of `docs/sdk-guide.md`.

use std::sync::Arc;

use session_harness::name::selector;
use session_harness::sandbox::{Sandbox, Settings};
use session_harness::token::{STRK, balance, transfer};
use session_harness::{
    SessionAccount, SessionContract, SessionKey, SessionLimits, owner_account, send,
};
use starknet_rust_accounts::Account;
use starknet_rust_core::types::Felt;
use starknet_rust_providers::jsonrpc::HttpTransport;
use starknet_rust_providers::{JsonRpcClient, Url};
use starknet_rust_signers::SigningKey;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_pays() -> Result<(), Box<dyn std::error::Error>> {
    // A sandbox of its own for the test; or read what `serve` wrote to sandbox.json.
    let sandbox = Sandbox::open(Settings::default()).await?;
    let info = sandbox.info().clone();
    let node = Arc::new(JsonRpcClient::new(HttpTransport::new(Url::parse(&info.rpc_url)?)));
    let account = &info.accounts[0];

    // The owner registers a session for transfers.
    let key = SessionKey::generate();
    let valid_until = 4_000_000_000;
    let limits = SessionLimits {
        valid_until,
        max_calls: 10,
        allowed_entrypoints: vec![selector("transfer")],
    };
    let owner = owner_account(
        node.clone(),
        account.address,
        info.chain_id,
        SigningKey::from_secret_scalar(account.private_key),
    );
    let contract = SessionContract::new(account.address, node.clone());
    send(owner.execute_v3(vec![contract.add_session(key.public_key(), &limits)]), &owner).await?;

    // The app pays with the session's key alone.
    let session = SessionAccount::new(
        node.clone(),
        account.address,
        info.chain_id,
        Arc::new(key),
        valid_until,
    );
    let recipient = Felt::from(0x1234);
    send(session.execute_v3(vec![transfer(STRK, recipient, 7)]), &session).await?;
    assert_eq!(balance(&node, STRK, recipient).await?, 7);

    sandbox.stop().await;
    Ok(())
}
