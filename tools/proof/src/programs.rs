//! Builds the test programs that run on the account's class.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The package whose test programs run on a devnet with the class.
const PACKAGE: &str = "session-e2e";
/// The folder in which cargo runs them.
const FOLDER: &str = "harness/tests";

/// Builds the test programs `names`, as `cargo test` does. Returns their paths, in the same order.
pub fn build(names: &[&str]) -> Result<Vec<PathBuf>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(builder::repository()?)
        .args(["test", "--locked", "--no-run", "--message-format=json", "--package", PACKAGE])
        .args(names.iter().flat_map(|name| ["--test", name]))
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "the tests do not build: see above");
    let messages: Vec<Value> = String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let program = |name: &&str| {
        let built = messages
            .iter()
            .rfind(|it| it["target"]["name"] == **name && it["target"]["kind"][0] == "test");
        let path = built.and_then(|it| it["executable"].as_str());
        path.map(PathBuf::from).with_context(|| format!("there is no test program {name}"))
    };
    names.iter().map(program).collect()
}

/// Returns the folder in which the test programs run.
pub fn folder() -> Result<PathBuf> {
    Ok(builder::repository()?.join(FOLDER))
}
