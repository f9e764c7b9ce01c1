//! The Rust example of `docs/sdk-guide.md`.

use std::{env, fs};

use session_client::felt::{parse, selector};
use session_client::starknet::core::types::Felt;
use session_client::starknet::signers::SigningKey;
use session_client::token::{STRK, balance, transfer};
use session_client::{AllowedCall, Error, Fri, Grant, Node, Owner, Rule, SessionKey};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `serve` wrote this file: it has the URLs, tokens and accounts.
    let file = env::var("SANDBOX_FILE").unwrap_or("sandbox.json".to_owned());
    let sandbox: serde_json::Value = serde_json::from_slice(&fs::read(file)?)?;
    let account = &sandbox["accounts"][0];
    let felt = |name: &str| account[name].as_str().and_then(parse).ok_or("it is no felt");
    let url = sandbox["rpc_url"].as_str().ok_or("it is no URL")?;
    let node = Node::connect(url.parse()?).await?;
    let owner_key = SigningKey::from_secret_scalar(felt("private_key")?);
    let owner = Owner::new(node.clone(), felt("address")?, owner_key);
    let merchant = Felt::from(0x1234);

    // The owner lets a session transfer STRK to the merchant and to nobody else, 10 times within an hour,
    // for up to 1 STRK of fees each time. The recipient is the first felt of transfer's calldata: place 0.
    let to_merchant = AllowedCall::new(STRK, selector("transfer")).with_argument(0, merchant);
    let grant = Grant::for_calls([to_merchant])
        .until(node.now().await? + 3_600)
        .max_calls(10)
        .fee_limit("1strk".parse::<Fri>()?);
    let session = owner.register(SessionKey::generate(), &grant).await?;

    // The app pays with the session's key alone. What the account would refuse is not even sent.
    let before = balance(&node, STRK, merchant).await?;
    session.send([transfer(STRK, merchant, 7)]).await?;
    assert_eq!(balance(&node, STRK, merchant).await?, before + 7);
    match session.send([transfer(STRK, Felt::from(0x5678), 7)]).await {
        Err(Error::Refused(refusal)) if refusal.rule() == Some(Rule::CallNotAllowed) => {
            println!("refused: {}", Rule::CallNotAllowed.meaning());
        }
        other => panic!("a thief was paid: {other:?}"),
    }
    let state = session.state().await?.ok_or("the session is gone")?;
    println!("{} transactions are left", state.calls_left);

    // Logout: the session ends itself, without the owner's key.
    session.end().await?;
    println!("ended: {:?}", session.state().await?);
    Ok(())
}
