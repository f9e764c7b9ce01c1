//! The soak of the model: it runs many more operations than CI does.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::programs;

const TEST: &str = "the_account_does_what_the_model_does";

/// The results of the operations, as the test reports them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Counts {
    /// How many operations were asked for. More run, since the last life is lived to its end. The test does
    /// not report it.
    #[serde(default)]
    pub asked: u32,
    /// All operations. Those that are not counted below ask a view or move the clock.
    pub operations: u32,
    pub succeeded: u32,
    /// The number of succeeded operations by sessions.
    pub by_sessions: u32,
    pub refused: u32,
    pub reverted: u32,
}

/// Runs at least `operations` operations, in whole lives from the life `seed` on. Fails if the account and
/// the model differ.
pub fn run(operations: u32, seed: u64) -> Result<Counts> {
    let programs = programs::build(&["model"])?;
    let program = programs.first().context("one program was asked for")?;
    let report = NamedTempFile::new()?;
    let status = Command::new(program)
        .args([TEST, "--exact", "--nocapture"])
        .current_dir(programs::folder()?)
        .env_remove("SESSION_ACCOUNT_ARTIFACTS")
        .env("MODEL_OPERATIONS", operations.to_string())
        .env("MODEL_SEED", seed.to_string())
        .env("MODEL_REPORT", report.path())
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(status.success(), "the account and its model differ: see above");
    let counts: Counts =
        serde_json::from_slice(&fs::read(&report)?).context("the test reports nothing")?;
    ensure!(counts.operations >= operations, "only {} operations ran", counts.operations);
    Ok(Counts { asked: operations, ..counts })
}
