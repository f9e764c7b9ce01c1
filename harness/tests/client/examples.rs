//! Runs the client's examples against a devnet, unchanged.

use std::process::Command;

use session_e2e::*;
use starknet_rust::accounts::Account;

/// Runs the example `name` as a reader would, and returns its output.
async fn run(chain: &Chain, name: &str) -> String {
    let mut command = Command::new(std::env::var("CARGO").unwrap());
    command
        .args(["run", "--quiet", "--package", "session-client", "--example", name])
        .env("STARKNET_RPC_URL", chain.url().as_str())
        .env("ACCOUNT", format!("{:#x}", chain.account()))
        .env("OWNER_KEY", format!("{:#x}", chain.owner_key.secret_scalar()))
        .env("RELAYER", format!("{:#x}", chain.relayer.address()))
        .env("RELAYER_KEY", format!("{:#x}", chain.relayer_key()));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {told}{errors}");
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_example_runs_as_it_is_printed() {
    let chain = Chain::start().await;
    let told = run(&chain, "pay").await;
    assert!(told.contains("the thief is not paid") && told.contains("logged out: None"), "{told}");
    let told = run(&chain, "relay").await;
    assert!(told.contains("relayed in block") && told.contains("ended: None"), "{told}");
    let told = run(&chain, "start").await;
    assert!(told.contains("started: 9 calls left, 7 FRI spent"), "{told}");
    let told = run(&chain, "renew").await;
    assert_eq!(told.matches("renewed:").count(), 4, "{told}");
    let told = run(&chain, "watch").await;
    assert!(told.contains("Revoked { transaction: Some("), "{told}");
}
