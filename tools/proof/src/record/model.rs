//! The model's soak: many more operations than CI runs.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::programs;

const TEST: &str = "the_account_does_what_the_model_does";

/// What the operations came to, as the test reports it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Counts {
    pub operations: u32,
    pub succeeded: u32,
    /// Of those that succeeded.
    pub by_sessions: u32,
    pub refused: u32,
    pub reverted: u32,
}

/// Runs `operations`, or a life's worth more, from the life `seed` on. Fails if the account does
/// anything else than the model.
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
    Ok(counts)
}
