//! Runs the Cairo tests with Starknet Foundry.

use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::book::Tools;

/// The script that runs the tests on both accounts. It runs nothing if the tools are not installed.
const SCRIPT: &str = "scripts/check-snforge.sh";

/// The results of the tests on each account.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suites {
    pub session_account: Tally,
    /// OpenZeppelin's account with this project's components.
    pub openzeppelin: Tally,
}

/// The result of the tests on one account, of which none failed and none was left out.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    pub passed: u64,
    /// The number of passed tests that the fuzzer ran.
    pub fuzzed: u64,
    /// The number of all runs of the fuzzer.
    pub fuzzer_runs: u64,
}

/// Returns the versions of Scarb and Starknet Foundry that are used in `folder`; `None` if one of them is
/// not installed.
pub fn tools(folder: &Path) -> Result<Option<Tools>> {
    let mut tools = Tools::new();
    for tool in ["scarb", "snforge"] {
        let output = match Command::new(tool).current_dir(folder).arg("--version").output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            output => output.with_context(|| format!("cannot run {tool}"))?,
        };
        ensure!(output.status.success(), "{tool} --version failed");
        let text = String::from_utf8(output.stdout)?;
        let version = text.lines().next().and_then(|line| line.strip_prefix(tool));
        let version = version.with_context(|| format!("{tool} says another name: {text}"))?;
        tools.insert(tool.to_owned(), version.trim().to_owned());
    }
    Ok(Some(tools))
}

/// Runs the tests of both accounts in `folder`. Returns the fuzzer's seed and the results; `None` if the
/// tests cannot run here. Fails if a test fails. Without `seed`, the seed is that of `tests/Scarb.toml`.
pub fn run(folder: &Path, seed: Option<u64>) -> Result<Option<(u64, Suites)>> {
    let mut child = Command::new(folder.join(SCRIPT))
        .args(seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]))
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {SCRIPT}"))?;
    let mut text = String::new();
    for line in BufReader::new(child.stdout.take().context("the output is piped")?).lines() {
        let line = line?;
        println!("{line}");
        text.push_str(&line);
        text.push('\n');
    }
    ensure!(child.wait()?.success(), "{SCRIPT} failed: see above");
    read(&text)
}

/// Reads the output of the script: one run of the tests after another, with the same seed. Returns `None`
/// if there is no run in it.
fn read(text: &str) -> Result<Option<(u64, Suites)>> {
    let (mut tallies, mut tally, mut seeds) = (vec![], Tally::default(), vec![]);
    // How many tests of a package passed so far.
    let mut package = 0;
    for line in text.lines() {
        if let Some(test) = line.strip_prefix("[PASS] ") {
            package += 1;
            tally.passed += 1;
            if let Some((_, rest)) = test.split_once(" (runs: ") {
                let (runs, _) = rest.split_once(',').context("a number of runs ends in a comma")?;
                tally.fuzzer_runs += runs.parse::<u64>().context("a number of runs")?;
                tally.fuzzed += 1;
            }
        } else if let Some(sum) = line.strip_prefix("Tests: ") {
            let all = format!("{package} passed, 0 failed, 0 ignored, 0 filtered out");
            ensure!(sum == all, "not every test that there is passed: {sum}");
            package = 0;
        } else if let Some(seed) = line.strip_prefix("Fuzzer seed: ") {
            // It ends a run. A run of several packages prints their sum besides; a run of one does not.
            ensure!(package == 0, "a package's tests have no sum");
            seeds.push(seed.parse::<u64>().context("a seed is a number")?);
            tallies.push(std::mem::take(&mut tally));
        }
    }
    if tallies.is_empty() && tally.passed == 0 {
        return Ok(None);
    }
    let (Ok([session_account, openzeppelin]), [seed, other]) =
        (<[Tally; 2]>::try_from(tallies), seeds.as_slice())
    else {
        bail!("the tests did not run on two accounts, each with a seed");
    };
    ensure!(seed == other, "the seeds were {seed} and {other}, not the same");
    Ok(Some((*seed, Suites { session_account, openzeppelin })))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of one package, as snforge 0.59 prints it.
    const RUN: &str = "Collected 2 test(s) from session_account_tests package\n\
        [PASS] session_account_tests::views::one (l1_gas: ~0)\n\
        [PASS] session_account_tests::fees::two (runs: 64, (l1_gas: {max: ~0}))\n\
        Tests: 2 passed, 0 failed, 0 ignored, 0 filtered out\nFuzzer seed: 7\n\n";

    /// What it prints before and after the package's tests if there are other packages.
    const OTHER: &str = "Tests: 0 passed, 0 failed, 0 ignored, 0 filtered out\n";
    const SUM: &str = "Tests summary: 2 passed, 0 failed, 0 ignored, 0 filtered out\n";

    #[test]
    fn two_runs_are_counted_and_none_is_none() {
        let tally = || Tally { passed: 2, fuzzed: 1, fuzzer_runs: 64 };
        let suites = Suites { session_account: tally(), openzeppelin: tally() };
        let several = format!("{OTHER}{OTHER}{RUN}{SUM}{RUN}");
        assert_eq!(read(&several).expect("both ran"), Some((7, suites)));
        assert_eq!(read("snforge is not installed").expect("none ran"), None);
    }

    #[test]
    fn what_is_not_whole_is_not_read() {
        let failing = RUN.replace("2 passed, 0 failed", "2 passed, 1 failed");
        let filtered = RUN.replace("0 filtered", "5 filtered");
        for text in [
            RUN.to_owned(),
            RUN.repeat(3),
            format!("{RUN}{failing}"),
            format!("{RUN}{filtered}"),
            format!("{RUN}{}", RUN.replace("seed: 7", "seed: 8")),
            RUN.repeat(2).replace("Fuzzer", "fuzzer"),
            RUN.repeat(2).replace("[PASS]", "PASS"),
        ] {
            assert!(read(&text).is_err(), "{text}");
        }
    }
}
