//! The Rust example of `docs/sdk-guide.md`.

use std::{env, fs};

use session_client::felt::{parse, selector};
use session_client::paymaster::{AllowedCaller, FeeMode, Paymaster, PaymasterError, Request};
use session_client::starknet::core::types::Felt;
use session_client::starknet::signers::SigningKey;
use session_client::token::{STRK, balance, transfer};
use session_client::{
    AllowedCall, Error, Finality, Grant, Node, Owner, Rule, SessionKey, SpendingLimits,
};

const ONE: u128 = 1_000_000_000_000_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `serve` wrote this file: it has the URLs, tokens and accounts.
    let file = env::var("SANDBOX_FILE").unwrap_or("sandbox.json".to_owned());
    let sandbox: serde_json::Value = serde_json::from_slice(&fs::read(file)?)?;
    let account = &sandbox["accounts"][0];
    let felt = |name: &str| account[name].as_str().and_then(parse).ok_or("it is no felt");
    let url = |name: &str| sandbox[name].as_str().ok_or("it is no URL");
    let node = Node::connect(url("rpc_url")?.parse()?).await?;
    let paymaster = Paymaster::new(url("paymaster_url")?.parse()?)?;
    let (address, owner_key) = (felt("address")?, felt("private_key")?);
    let owner = Owner::new(node.clone(), address, SigningKey::from_secret_scalar(owner_key));
    let (merchant, thief) = (Felt::from(0x1234), Felt::from(0x5678));

    // The owner lets a session transfer STRK to the merchant and to nobody else: 10 times within an hour,
    // 2 STRK a call and 5 a day. The recipient is the first felt of transfer's calldata: place 0. A grant that
    // says nothing of fees has the fee limit 0: the session never pays fees of the account's own.
    let to_merchant = AllowedCall::new(STRK, selector("transfer")).with_argument(0, merchant);
    let grant = Grant::for_calls([to_merchant])
        .until(node.now().await? + 3_600)
        .max_calls(10)
        .spend(STRK, SpendingLimits::per_day((2 * ONE).into(), (5 * ONE).into()));
    let session = owner.register(SessionKey::generate(), &grant).await?;

    // The app pays with the session's key alone, and the paymaster pays the fee. What the account would
    // refuse is not even signed. The sandbox's paymaster lets anyone submit what it built.
    let pay = |to, amount| {
        let calls = vec![transfer(STRK, to, amount)];
        Request::new(address, calls, FeeMode::Sponsored).caller(AllowedCaller::Anyone)
    };
    let before = balance(&node, STRK, merchant).await?;
    let sent = session.send_through(&paymaster, &pay(merchant, ONE)).await?;
    node.wait(sent.transaction_hash, Finality::AcceptedOnL2).await?.succeeded()?;
    assert_eq!(balance(&node, STRK, merchant).await?, before + ONE);
    for (request, rule) in [
        (pay(thief, ONE), Rule::CallNotAllowed),
        (pay(merchant, 3 * ONE), Rule::SpendingOverCallMaximum),
    ] {
        match session.send_through(&paymaster, &request).await {
            Err(PaymasterError::Signing(Error::Refused(refusal)))
                if refusal.rule() == Some(rule) =>
            {
                println!("refused: {rule}: {}", rule.meaning());
            }
            other => panic!("it was not refused: {other:?}"),
        }
    }
    let state = session.state().await?.ok_or("the session is gone")?;
    println!("{} transactions are left", state.calls_left);

    // Logout: the session ends itself, without the owner's key, and the paymaster pays for that too.
    if let Some(sent) = session.end_through(&paymaster, AllowedCaller::Anyone).await? {
        node.wait(sent.transaction_hash, Finality::AcceptedOnL2).await?.succeeded()?;
    }
    println!("ended: {:?}", session.state().await?);
    Ok(())
}
