//! Registers a session and makes its first call in one transaction, which a relayer pays for. The user sees
//! it as one click.

mod env;

use session_client::felt::selector;
use session_client::starknet::core::types::Felt;
use session_client::token::{STRK, transfer};
use session_client::{AllowedCall, Grant, SessionKey, SpendingLimits};

#[tokio::main]
async fn main() -> env::Result {
    let node = env::node().await?;
    let (owner, relayer) = (env::owner(&node)?, env::relayer(&node)?);

    // Whatever the session may call, at most 10 FRI leave in one call, and 50 in a day.
    let grant = Grant::for_calls([AllowedCall::new(STRK, selector("transfer"))])
        .until(node.now().await? + 3_600)
        .max_calls(10)
        .spend(STRK, SpendingLimits::per_day(10_u8.into(), 50_u8.into()));
    let first = [transfer(STRK, Felt::from(0x1234), 7)];
    let session = owner.start_through(&relayer, SessionKey::generate(), &grant, first).await?;

    let state = session.state().await?.ok_or("the session is there")?;
    let policy = state.policy(STRK).ok_or("STRK is capped")?;
    println!("started: {} calls left, {} FRI spent", state.calls_left, policy.spent_in_window);
    owner.revoke(session.public_key()).await?;
    Ok(())
}
