//! The Rust example of `docs/sdk-guide.md`.

use std::sync::Arc;

use session_harness::name::selector;
use session_harness::sandbox::{Sandbox, Settings};
use session_harness::token::{STRK, balance, transfer};
use session_harness::{
    AllowedCall, Error, ScopedLimits, SessionAccount, SessionContract, SessionKey, owner_account,
    send,
};
use starknet_rust_accounts::Account;
use starknet_rust_core::types::Felt;
use starknet_rust_providers::jsonrpc::HttpTransport;
use starknet_rust_providers::{JsonRpcClient, Url};
use starknet_rust_signers::SigningKey;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_pays_one_merchant_and_logs_itself_out() -> Result<(), Box<dyn std::error::Error>>
{
    // A sandbox of its own for the test; or read what `serve` wrote to sandbox.json.
    let sandbox = Sandbox::open(Settings::default()).await?;
    let info = sandbox.info().clone();
    let node = Arc::new(JsonRpcClient::new(HttpTransport::new(Url::parse(&info.rpc_url)?)));
    let account = &info.accounts[0];
    let contract = SessionContract::new(account.address, node.clone());
    let merchant = Felt::from(0x1234);

    // The owner lets a session transfer STRK to the merchant and to nobody else, 10 times, for up to
    // 1 STRK of fees each time. The recipient is the first felt of transfer's calldata: place 0.
    let key = SessionKey::generate();
    let session_key = key.public_key();
    let valid_until = 4_000_000_000;
    let to_merchant = AllowedCall::new(STRK, selector("transfer")).with_argument(0, merchant);
    let limits = ScopedLimits { valid_until, max_calls: 10, allowed_calls: vec![to_merchant] };
    let owner = owner_account(
        node.clone(),
        account.address,
        info.chain_id,
        SigningKey::from_secret_scalar(account.private_key),
    );
    let register = vec![
        contract.set_session_fee_limit(session_key, 1_000_000_000_000_000_000),
        contract.add_session_for_calls(session_key, &limits),
    ];
    send(owner.execute_v3(register), &owner).await?;

    // The app pays with the session's key alone.
    let session = SessionAccount::new(
        node.clone(),
        account.address,
        info.chain_id,
        Arc::new(key),
        valid_until,
    );
    send(session.execute_v3(vec![transfer(STRK, merchant, 7)]), &session).await?;
    assert_eq!(balance(&node, STRK, merchant).await?, 7);
    let thief = transfer(STRK, Felt::from(0x5678), 7);
    assert!(!contract.is_call_allowed(session_key, &thief).await?);
    let refused = send(session.execute_v3(vec![thief]), &session).await;
    assert!(matches!(refused, Err(Error::Refused(_))));

    // Logout: the session ends itself, without the owner's key.
    let end = contract.revoke_session(session_key);
    send(session.execute_v3(vec![end]), &session).await?;
    assert!(!contract.session_status(session_key).await?.is_active);

    sandbox.stop().await;
    Ok(())
}
