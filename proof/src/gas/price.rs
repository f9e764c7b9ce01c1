//! What each defence costs: a transfer's gas with it, less the gas without.

use std::fmt::Write;

use anyhow::Result;

use super::bench::{Bench, limits};
use super::table::Gas;
use crate::mutants::{class, list};

pub async fn measure() -> Result<String> {
    let mutants = list::read()?;
    let priced: Vec<_> = mutants.iter().filter(|mutant| mutant.priced).collect();
    let (unchanged, classes) = class::compile(&priced)?;
    let with = transfer(&unchanged).await?;
    let mut text = String::from(
        "| without it | a session's transfer takes | less L2 gas |\n| --- | ---: | ---: |\n",
    );
    for class in classes {
        let without = transfer(&class.folder).await?;
        writeln!(text, "| {} | {} | {} |", class.mutant.what, without.l2, with.l2 - without.l2)?;
    }
    Ok(text)
}

/// A session's transfer with a whitelist of 2.
async fn transfer(class: &class::Folder) -> Result<Gas> {
    let bench = Bench::open(&class.artifact()?).await?;
    let transfer = bench.transfers(1);
    let (key, _) = bench.register(&limits(vec![2_u64.into(), transfer[0].selector])).await?;
    bench.as_session(&key, transfer.clone()).await?;
    Ok(Gas::from(&bench.as_session(&key, transfer).await?))
}
