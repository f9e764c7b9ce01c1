//! Records the long runs for which CI has no time: what each of them showed, and of which sources. It is
//! written into `docs/record.json`, and as a table into `docs/audit.md`.
//!
//! [`part`] lists the runs and what each depends on, and [`book`] is the file. [`model`] and [`snforge`]
//! run two of them; the third, `mutants`, is also a command of its own. [`state`] is the state of the
//! repository, and [`table`] the table for people.

mod book;
mod model;
mod part;
mod snforge;
mod state;
mod table;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::mutants::{self, Trial};
use crate::page::{Page, Section};
use crate::programs;
use book::{Book, Entry};
use part::Part;
use state::State;

const RECORD: Section = Section {
    document: "docs/audit.md",
    name: "record",
    command: "cargo run -p proof -- record --table",
};

#[derive(Args)]
pub struct Options {
    /// Run nothing: say which records are older than the code, and fail if the table in
    /// docs/audit.md is not the one of docs/record.json
    #[arg(long, conflicts_with_all = ["only", "table"])]
    check: bool,

    /// Run nothing: write the table of docs/record.json into docs/audit.md
    #[arg(long, conflicts_with = "only")]
    table: bool,

    /// Run this part alone, and keep what is recorded of the others; can be given several times
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,

    #[command(flatten)]
    trial: Trial,

    /// How many operations the model's soak runs
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    operations: u32,

    /// The first life of the model's soak; `cargo test` lives 0 to 29
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    model_seed: u64,

    /// The seed of the Cairo tests' fuzzer; without it, the one of tests/Scarb.toml
    #[arg(long, value_name = "N")]
    fuzzer_seed: Option<u64>,

    /// The copy of the repository to run snforge in, where its own dependencies cannot be fetched; it
    /// must hold the same sources
    #[arg(long = "in", value_name = "FOLDER")]
    copy: Option<PathBuf>,
}

/// Runs the parts one after another. The result of each part is written when it ends, unless it failed.
pub fn run(options: Options) -> Result<()> {
    let mut book = Book::read()?;
    if options.check {
        return check(&book);
    }
    if options.table {
        return put(&book);
    }
    let parts = if options.only.is_empty() { Part::value_variants() } else { &options.only };
    let mut failed = vec![];
    for &part in parts {
        match record(part, &options, &mut book) {
            Ok(true) => {
                book.write()?;
                put(&book)?;
            }
            Ok(false) => {
                println!("{part}: cannot run here, nothing is recorded");
                // Somebody who names a part wants it to run, so this counts as a failure.
                if !options.only.is_empty() {
                    failed.push(part.to_string());
                }
            }
            Err(error) => {
                eprintln!("{part}: not recorded: {error:#}");
                failed.push(part.to_string());
            }
        }
    }
    ensure!(failed.is_empty(), "not recorded: {}", failed.join(", "));
    Ok(())
}

/// Runs `part` and enters the result into `book`. Returns false if it cannot run here, and fails if the run
/// failed.
fn record(part: Part, options: &Options, book: &mut Book) -> Result<bool> {
    let before = State::of(part)?;
    if part != Part::Snforge {
        // The time for building the programs does not count as the run's time.
        programs::build(&mutants::PROGRAMS)?;
    }
    let start = Instant::now();
    match part {
        Part::Mutants => {
            let tally = mutants::try_every(&options.trial)?;
            tally.check()?;
            let (seed, tools) = (options.trial.seed, state::rust_tools()?);
            book.mutants = Some(Entry::new(&before, start, seed, tools, tally));
        }
        Part::Model => {
            let (seed, tools) = (options.model_seed, state::rust_tools()?);
            let counts = model::run(options.operations, seed)?;
            book.model = Some(Entry::new(&before, start, seed, tools, counts));
        }
        Part::Snforge => {
            let root = builder::repository()?;
            let folder = options.copy.as_deref().unwrap_or(&root);
            before.is_in(folder)?;
            let Some(tools) = snforge::tools(folder)? else { return Ok(false) };
            let Some((seed, suites)) = snforge::run(folder, options.fuzzer_seed)? else {
                return Ok(false);
            };
            before.is_in(folder)?;
            book.snforge = Some(Entry::new(&before, start, seed, tools, suites));
        }
    }
    ensure!(State::of(part)? == before, "the sources changed while it ran");
    Ok(true)
}

fn put(book: &Book) -> Result<()> {
    let mut page = Page::read(RECORD).context("docs/record.json is written, its table is not")?;
    page.put(&table::table(book))?;
    page.write()
}

/// Prints for each part whether it was recorded with the present sources. An old record is no failure.
fn check(book: &Book) -> Result<()> {
    for part in Part::value_variants() {
        let recorded = match part {
            Part::Mutants => book.mutants.as_ref().map(Entry::origin),
            Part::Model => book.model.as_ref().map(Entry::origin),
            Part::Snforge => book.snforge.as_ref().map(Entry::origin),
        };
        println!("{part}: {}", state::age(*part, recorded)?);
    }
    Page::read(RECORD)?.check(&table::table(book))
}
