//! Removes the account's defences, one at a time, and checks that a test notices.
//!
//! [`list`] reads `tools/proof/mutants.toml`; [`class`] compiles the account with each edit, with the
//! crates of cargo's registry alone; [`suite`] runs the Rust tests on each class: first the test that
//! should notice, then all.

pub mod class;
pub mod list;
mod suite;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, bail, ensure};
use builder::Scratch;
use clap::Args;
use serde::{Deserialize, Serialize};

use class::Class;
use list::Mutant;
pub use suite::PROGRAMS;
use suite::Suite;

#[derive(Args)]
pub struct Options {
    /// Only check that every edit fits the source and names an existing rule
    #[arg(long)]
    check: bool,

    /// Only those whose rule or description contains this; can be given several times
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,

    #[command(flatten)]
    trial: Trial,
}

/// How the mutants are tested.
#[derive(Args)]
pub struct Trial {
    /// How many mutants to try at once
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub jobs: usize,

    /// The seed of the model that is among the tests
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
}

/// How many mutants were tested, and how many of them a test noticed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Tally {
    pub tried: usize,
    pub caught: usize,
}

impl Tally {
    /// Fails unless a test noticed every mutant.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.caught == self.tried,
            "not all were caught: write the test that notices, or show that nothing changed"
        );
        Ok(())
    }
}

pub fn run(options: Options) -> Result<()> {
    let mutants = list::read()?;
    list::check(&mutants)?;
    if options.check {
        println!("{} mutants fit the source", mutants.len());
        return Ok(());
    }
    let is_chosen = |mutant: &&Mutant| {
        options.only.is_empty() || options.only.iter().any(|text| mutant.is(text))
    };
    let tally = try_all(&mutants.iter().filter(is_chosen).collect::<Vec<_>>(), &options.trial)?;
    tally.check()
}

/// Tests every mutant.
pub fn try_every(trial: &Trial) -> Result<Tally> {
    let mutants = list::read()?;
    list::check(&mutants)?;
    try_all(&mutants.iter().collect::<Vec<_>>(), trial)
}

/// Builds the tests and the classes of `mutants`, and runs the tests on each class.
fn try_all(mutants: &[&Mutant], trial: &Trial) -> Result<Tally> {
    let start = Instant::now();
    let suite = Suite::build(trial.seed)?;
    let scratch = Scratch::new("mutants")?;
    let (unchanged, classes) = class::compile(mutants, &scratch)?;
    println!("{} classes compiled in {} s", classes.len(), start.elapsed().as_secs());
    // If a test failed without any edit, every mutant would count as caught.
    if let Some(test) = suite.first_failure("", &unchanged)? {
        bail!("{test} fails on the account as it is");
    }
    let caught = catch(&classes, &suite, trial.jobs)?;
    println!("{caught} of {} caught in {} s", mutants.len(), start.elapsed().as_secs());
    Ok(Tally { tried: mutants.len(), caught })
}

/// Tests each of `classes`, `jobs` at once. Returns how many a test noticed.
fn catch(classes: &[Class], suite: &Suite, jobs: usize) -> Result<usize> {
    let (next, caught) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some(class) = classes.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = Instant::now();
            let mutant = class.mutant;
            let test = suite.first_failure(&mutant.killer, &class.folder)?;
            let (seconds, Mutant { rule, what, .. }) = (start.elapsed().as_secs(), mutant);
            match test {
                Some(test) => {
                    caught.fetch_add(1, Ordering::Relaxed);
                    println!("{rule:5} {what}: caught by {test} ({seconds} s)");
                }
                None => println!("{rule:5} {what}: NOT CAUGHT ({seconds} s)"),
            }
        }
        anyhow::Ok(())
    };
    thread::scope(|scope| {
        let jobs: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        for job in jobs {
            job.join().map_err(|_| anyhow!("a job panicked"))??;
        }
        anyhow::Ok(())
    })?;
    Ok(caught.into_inner())
}
