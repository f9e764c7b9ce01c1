//! Measures what transactions cost on an embedded devnet, and writes it into `docs/gas.md` or compares it
//! with that page.
//!
//! [`mod@bench`] prepares accounts and sessions and sends transfers of [`token`]; [`cases`] are the
//! transactions that are measured, and [`table`] the results. [`targets`] are the most that they may cost,
//! and [`prices`] what a network charges.

mod bench;
mod cases;
mod prices;
mod table;
mod targets;
mod token;

use anyhow::{Result, ensure};
use clap::Args;
use session_client::class;

use crate::page::{Page, Section};
use bench::Bench;

const MEASURED: Section =
    Section { document: "docs/gas.md", name: "measured", command: "cargo run -p proof -- gas" };

#[derive(Args)]
pub struct Options {
    /// Write nothing; fail if docs/gas.md says anything else than what is measured
    #[arg(long)]
    check: bool,
}

/// Measures, and fails if a transaction takes more than it may.
pub async fn run(options: Options) -> Result<()> {
    let mut page = Page::read(MEASURED)?;
    let report = cases::measure(&Bench::open(&class::session_account()?).await?).await?;
    let (targets, missed) = targets::check(&report)?;
    let measured = format!("{targets}\n{}\n{report}", prices::table()?);
    if !options.check {
        page.put(&measured)?;
        page.write()?;
    }
    ensure!(missed.is_empty(), "more than it may take at most:\n{}", missed.join("\n"));
    page.check(&measured)
}
