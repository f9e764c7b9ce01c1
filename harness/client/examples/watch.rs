//! Watches a session: it is used, is about to run out, and ends.

mod env;

use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use session_client::felt::selector;
use session_client::starknet::core::types::Felt;
use session_client::token::{STRK, transfer};
use session_client::{AllowedCall, Change, Fri, Grant, SessionKey, Watching};

#[tokio::main]
async fn main() -> env::Result {
    let node = env::node().await?;
    let owner = env::owner(&node)?;
    let grant = Grant::for_calls([AllowedCall::new(STRK, selector("transfer"))])
        .until(node.now().await? + 3_600)
        .max_calls(4)
        .fee_limit("1strk".parse::<Fri>()?);
    let session = owner.register(SessionKey::generate(), &grant).await?;

    let payer = session.clone();
    let payments = tokio::spawn(async move {
        for _ in 0..2 {
            payer.send([transfer(STRK, Felt::from(0x1234), 1)]).await?;
        }
        payer.end().await
    });

    let watching = Watching::default().with_interval(Duration::from_millis(100));
    let changes = session.watch(watching);
    pin_mut!(changes);
    let mut last = None;
    while let Some(change) = changes.next().await {
        let change = change?;
        println!("{change:?}");
        last = Some(change);
    }
    payments.await??;
    match last {
        Some(Change::Revoked { .. }) => Ok(()),
        other => Err(format!("the session ended otherwise: {other:?}").into()),
    }
}
