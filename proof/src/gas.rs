//! What transactions cost: measured on an embedded devnet, written into `docs/gas.md`, and checked.
//!
//! [`bench`] sets up accounts and sessions and sends; [`cases`] are the transactions to measure, and
//! [`table`] is what came of them, which [`page`] puts into the document.

mod bench;
mod cases;
mod page;
mod table;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use session_harness::artifact::{self, Artifact};

use bench::Bench;
use page::Page;

#[derive(Args)]
pub struct Options {
    /// Write nothing; fail if docs/gas.md says anything else than what is measured
    #[arg(long)]
    check: bool,

    /// Measure this class, which Scarb built, instead of the committed one
    #[arg(long, value_name = "PATH")]
    class: Option<PathBuf>,
}

pub async fn run(options: Options) -> Result<()> {
    let mut page = Page::read()?;
    let (section, artifact) = match &options.class {
        Some(path) => ("scarb", read(path)?),
        None => ("registries", artifact::session_account()?),
    };
    let measured = measure(&artifact).await?;
    if options.check {
        return page.check(section, &measured);
    }
    page.put(section, &measured)?;
    page.write()
}

/// What the document says of `artifact`.
async fn measure(artifact: &Artifact) -> Result<String> {
    let report = cases::measure(&Bench::open(artifact).await?).await?;
    Ok(format!("{}\n\n{}", targets::check(&report)?, report))
}

/// The class in the file `path`, compiled as the embedded devnet compiles it.
fn read(path: &Path) -> Result<Artifact> {
    let class = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let compiled = builder::artifact::compile("the class", class)?;
    let text = |bytes| String::from_utf8(bytes).context("JSON is text");
    Ok(artifact::read(&text(compiled.class)?, &text(compiled.casm)?)?)
}
