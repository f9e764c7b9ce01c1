//! The owner lets a session pay one merchant. The app pays with the session key alone, and logs out.

mod env;

use session_client::felt::selector;
use session_client::starknet::core::types::Felt;
use session_client::token::{STRK, transfer};
use session_client::{AllowedCall, Error, Fri, Grant, Rule, SessionKey};

#[tokio::main]
async fn main() -> env::Result {
    let node = env::node().await?;
    let owner = env::owner(&node)?;
    let (merchant, thief) = (Felt::from(0x1234), Felt::from(0x5678));

    // The session may transfer STRK to the merchant and to nobody else, since the recipient is the first
    // felt of the calldata: ten times within an hour, for up to 1 STRK of fees each.
    let to_merchant = AllowedCall::new(STRK, selector("transfer")).with_argument(0, merchant);
    let grant = Grant::for_calls([to_merchant])
        .until(node.now().await? + 3_600)
        .max_calls(10)
        .fee_limit("1strk".parse::<Fri>()?);
    let session = owner.register(SessionKey::generate(), &grant).await?;

    let outcome = session.send([transfer(STRK, merchant, 7)]).await?;
    println!("paid in block {}, for a fee of {}", outcome.block_number, outcome.fee);

    match session.send([transfer(STRK, thief, 7)]).await {
        Err(Error::Refused(refusal)) if refusal.rule() == Some(Rule::CallNotAllowed) => {
            println!("the thief is not paid: {}", Rule::CallNotAllowed.meaning());
        }
        other => return Err(format!("the thief was paid: {other:?}").into()),
    }

    session.end().await?;
    println!("logged out: {:?}", session.state().await?);
    Ok(())
}
