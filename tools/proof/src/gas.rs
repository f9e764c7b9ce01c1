//! What transactions cost: measured on an embedded devnet, written into `docs/gas.md`, and checked.
//!
//! [`mod@bench`] sets up accounts and sessions and sends transfers of [`token`]; [`cases`] are the
//! transactions to measure, and [`table`] is what came of them. [`targets`] says what they may cost at
//! most, and [`prices`] what a network charges.

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

/// Measures, and fails if something takes more than it may at most.
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
