//! The app replaces a session that is about to run out of calls, and asks its user only once.

mod env;

use session_client::felt::selector;
use session_client::starknet::core::types::Felt;
use session_client::token::{STRK, transfer};
use session_client::{AllowedCall, Fri, Grant, SessionKey};

#[tokio::main]
async fn main() -> env::Result {
    let node = env::node().await?;
    let owner = env::owner(&node)?;
    let grant = Grant::for_calls([AllowedCall::new(STRK, selector("transfer"))])
        .until(node.now().await? + 3_600)
        .max_calls(2)
        .fee_limit("1strk".parse::<Fri>()?);
    let mut session = owner.register(SessionKey::generate(), &grant).await?;

    for payment in 0..5 {
        let state = session.state().await?.ok_or("the session is there")?;
        if state.calls_left == 1 {
            // The new session has the same grant and a fresh key. One transaction of the owner registers it
            // and revokes the old one. An app whose user's key is in a wallet asks the wallet here.
            let again = state.grant().ok_or("the node shows the list")?;
            let again = again.until(node.now().await? + 3_600);
            let approve = async |calls| owner.send(calls).await;
            session = session.renew(SessionKey::generate(), &again, approve).await?;
            println!("renewed: the session's key is {:#x}", session.public_key());
        }
        session.send([transfer(STRK, Felt::from(0x1234), 1)]).await?;
        println!("payment {payment} made");
    }
    session.end().await?;
    Ok(())
}
