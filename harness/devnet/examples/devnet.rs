//! Serves a new chain until Ctrl-C, with the devnet's accounts and without the session account's class: for
//! tests that declare the class themselves, such as `tests/clients/`.
//!
//! Prints the JSON-RPC's URL on one line. The method `devnet_getPredeployedAccounts` returns the accounts
//! and their keys.

use session_devnet::{Embedded, Settings};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let devnet = Embedded::start(Settings::default()).await?;
    println!("{}", devnet.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
