//! The Rust example of `docs/sdk-guide.md`.

use session_client::felt::selector;
use session_client::token::{STRK, balance, transfer};
use session_client::{AllowedCall, Error, Fri, Grant, Node, Owner, Rule, SessionKey};
use session_sandbox::{Sandbox, Settings};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_pays_one_merchant_and_logs_itself_out() -> Result<(), Box<dyn std::error::Error>>
{
    // A sandbox of its own for the test; or read what `serve` wrote to sandbox.json.
    let sandbox = Sandbox::open(Settings::default()).await?;
    let info = sandbox.info().clone();
    let node = Node::connect(info.rpc_url.parse()?).await?;
    let account = &info.accounts[0];
    let merchant = Felt::from(0x1234);

    // The owner lets a session transfer STRK to the merchant and to nobody else, 10 times within an hour,
    // for up to 1 STRK of fees each time. The recipient is the first felt of transfer's calldata: place 0.
    let to_merchant = AllowedCall::new(STRK, selector("transfer")).with_argument(0, merchant);
    let grant = Grant::for_calls([to_merchant])
        .until(node.now().await? + 3_600)
        .max_calls(10)
        .fee_limit("1strk".parse::<Fri>()?);
    let owner_key = SigningKey::from_secret_scalar(account.private_key);
    let owner = Owner::new(node.clone(), account.address, owner_key);
    let session = owner.register(SessionKey::generate(), &grant).await?;

    // The app pays with the session's key alone. What the account would refuse is not even sent.
    session.send([transfer(STRK, merchant, 7)]).await?;
    assert_eq!(balance(&node, STRK, merchant).await?, 7);
    let refused = session.send([transfer(STRK, Felt::from(0x5678), 7)]).await;
    let Err(Error::Refused(refusal)) = refused else { panic!("a thief was paid: {refused:?}") };
    assert_eq!(refusal.rule(), Some(Rule::CallNotAllowed));
    let state = session.state().await?.expect("the session is there");
    assert_eq!(state.calls_left, 9);

    // Logout: the session ends itself, without the owner's key.
    session.end().await?;
    assert_eq!(session.state().await?, None);

    sandbox.stop().await;
    Ok(())
}
