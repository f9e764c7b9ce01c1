//! Serves a chain of its own until Ctrl-C, with the devnet's accounts on it and without the session
//! account's class: for whoever declares that class themselves, as `tests/clients/` do.
//!
//! Prints the JSON-RPC's URL in a line; the method `devnet_getPredeployedAccounts` answers with the
//! accounts and their keys.

use session_devnet::{Embedded, Settings};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let devnet = Embedded::start(Settings::default()).await?;
    println!("{}", devnet.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
