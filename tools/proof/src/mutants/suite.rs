//! Runs the Rust tests on any class of the account.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::programs;

/// The environment variable from which the tests read the folder of the class.
const ARTIFACTS: &str = "SESSION_ACCOUNT_ARTIFACTS";
/// The environment variable from which the model reads the seed of its first life.
const SEED: &str = "MODEL_SEED";
/// The test programs; the one that is most likely to notice comes first.
pub const PROGRAMS: [&str; 2] = ["rules", "model"];

pub struct Suite {
    programs: Vec<PathBuf>,
    /// The seed of the model's first life.
    seed: u64,
}

impl Suite {
    /// Builds the test programs; the model begins with the life `seed`.
    pub fn build(seed: u64) -> Result<Self> {
        Ok(Self { programs: programs::build(&PROGRAMS)?, seed })
    }

    /// Returns the first test that fails on the class in `artifacts`. The test `likely` runs before all
    /// others.
    pub fn first_failure(&self, likely: &str, artifacts: &Path) -> Result<Option<String>> {
        if !likely.is_empty() {
            let mut ran = false;
            for program in &self.programs {
                let run = self.run(program, Some(likely), artifacts)?;
                if run.failed.is_some() {
                    return Ok(run.failed);
                }
                ran |= run.ran;
            }
            ensure!(ran, "there is no test {likely}");
        }
        for program in &self.programs {
            let run = self.run(program, None, artifacts)?;
            if run.failed.is_some() {
                return Ok(run.failed);
            }
        }
        Ok(None)
    }

    /// Runs `program`, or one `test` of it, until a test fails.
    fn run(&self, program: &Path, test: Option<&str>, artifacts: &Path) -> Result<Run> {
        let mut command = Command::new(program);
        if let Some(test) = test {
            command.args([test, "--exact"]);
        }
        let mut child = command
            .current_dir(programs::folder()?)
            .env(ARTIFACTS, artifacts)
            .env(SEED, self.seed.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let output = child.stdout.take().context("the output is piped")?;
        let mut run = Run { ran: false, failed: None };
        for line in BufReader::new(output).lines() {
            let line = line?;
            let Some(result) = line.strip_prefix("test ").filter(|it| it.contains(" ... ")) else {
                continue;
            };
            run.ran = true;
            if let Some(name) = result.strip_suffix(" ... FAILED") {
                run.failed = Some(name.to_owned());
                child.kill()?;
                break;
            }
        }
        let status = child.wait()?;
        if run.failed.is_none() && !status.success() {
            bail!("{} ended with {status}, and no test failed", program.display());
        }
        Ok(run)
    }
}

struct Run {
    ran: bool,
    failed: Option<String>,
}
