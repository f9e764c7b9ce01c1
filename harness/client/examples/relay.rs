//! A session whose account pays no fees: the session signs, and a relayer submits and pays.

mod env;

use session_client::felt::selector;
use session_client::starknet::core::types::Felt;
use session_client::token::{STRK, transfer};
use session_client::{AllowedCall, Error, Grant, Rule, SessionKey};

#[tokio::main]
async fn main() -> env::Result {
    let node = env::node().await?;
    let (owner, relayer) = (env::owner(&node)?, env::relayer(&node)?);

    // The grant sets no fee limit, so the session's fee limit is 0: it works through relayers only.
    let grant = Grant::for_calls([AllowedCall::new(STRK, selector("transfer"))])
        .until(node.now().await? + 3_600)
        .max_calls(3);
    let session = owner.register(SessionKey::generate(), &grant).await?;

    let payment = [transfer(STRK, Felt::from(0x1234), 7)];
    match session.send(payment.clone()).await {
        Err(Error::Refused(refusal)) if refusal.rule() == Some(Rule::OverFeeLimit) => {}
        other => return Err(format!("it pays fees of its own: {other:?}").into()),
    }
    // Only this relayer can submit the outside execution, within an hour.
    let signed = session.sign_outside(payment, Some(relayer.address())).await?;
    let outcome = relayer.submit(&[signed]).await?;
    println!("relayed in block {}, for a fee of {}", outcome.block_number, outcome.fee);

    let end = session.end_outside(Some(relayer.address())).await?;
    relayer.submit(&[end]).await?;
    println!("ended: {:?}", session.state().await?);
    Ok(())
}
