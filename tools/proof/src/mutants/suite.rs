//! The Rust tests, on a class of our choice.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Where the tests' fixture takes the class from, if it is set.
const ARTIFACTS: &str = "SESSION_ACCOUNT_ARTIFACTS";
/// Whose test programs run on a chain that holds that class.
const PACKAGE: &str = "session-e2e";
/// Where cargo runs them.
const FOLDER: &str = "harness/tests";
/// The programs, likeliest to notice first.
const PROGRAMS: [&str; 2] = ["rules", "model"];

pub struct Suite {
    programs: Vec<PathBuf>,
}

impl Suite {
    /// Builds the test programs, as `cargo test` does.
    pub fn build() -> Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(builder::repository()?)
            .args(["test", "--locked", "--no-run", "--message-format=json", "--package", PACKAGE])
            .args(PROGRAMS.iter().flat_map(|program| ["--test", program]))
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
        Ok(Self { programs: PROGRAMS.iter().map(program).collect::<Result<_>>()? })
    }

    /// Returns the test that fails first on the class in `artifacts`: `likely` is tried before all
    /// others.
    pub fn first_failure(&self, likely: &str, artifacts: &Path) -> Result<Option<String>> {
        if !likely.is_empty() {
            let mut ran = false;
            for program in &self.programs {
                let run = run(program, Some(likely), artifacts)?;
                if run.failed.is_some() {
                    return Ok(run.failed);
                }
                ran |= run.ran;
            }
            ensure!(ran, "there is no test {likely}");
        }
        for program in &self.programs {
            let run = run(program, None, artifacts)?;
            if run.failed.is_some() {
                return Ok(run.failed);
            }
        }
        Ok(None)
    }
}

struct Run {
    ran: bool,
    failed: Option<String>,
}

/// Runs `program`, or one `test` of it, until a test fails.
fn run(program: &Path, test: Option<&str>, artifacts: &Path) -> Result<Run> {
    let mut command = Command::new(program);
    if let Some(test) = test {
        command.args([test, "--exact"]);
    }
    let mut child = command
        .current_dir(builder::repository()?.join(FOLDER))
        .env(ARTIFACTS, artifacts)
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
