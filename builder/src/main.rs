//! Builds `contracts/` into `artifacts/` from the registries of cargo and npm alone: classes, CASM
//! and a manifest. `--check` builds them again and compares. Of a class that Scarb built, `--scarb`
//! records or compares the hashes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use builder::{Files, build, cache, repository, scarb, write};
use clap::Parser;

#[derive(Parser)]
#[command(version, about)]
struct Options {
    /// Write nothing; fail if a byte of artifacts/ would differ.
    #[arg(long)]
    check: bool,
    /// Where to write instead of artifacts/.
    #[arg(long, conflicts_with = "check")]
    out: Option<PathBuf>,
    /// Build nothing; the hashes of this class, which Scarb built, are all that is written.
    #[arg(long, value_name = "CLASS", requires = "compiler")]
    scarb: Option<PathBuf>,
    /// What built that class.
    #[arg(long, requires = "scarb")]
    compiler: Option<String>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let root = repository()?;
    let files = match (&options.scarb, &options.compiler) {
        (Some(class), Some(compiler)) => scarb::record(&root, class, compiler)?,
        _ => build(&root, &cache()?.join("sierra"))?,
    };
    let committed = root.join("artifacts");
    if !options.check {
        let folder = options.out.unwrap_or(committed);
        write(&files, &folder)?;
        println!("wrote {} files to {}", files.len(), folder.display());
        return Ok(());
    }
    if options.scarb.is_some() {
        return check(different(&files, &committed), "scripts/check-scarb.sh --record");
    }
    if scarb::is_stale(&files["manifest.json"], &committed) {
        println!("artifacts/{} is of other sources: see scripts/check-scarb.sh", scarb::RECORD);
    }
    let wrong = [different(&files, &committed), strays(&files, &committed)?].concat();
    check(wrong, "cargo run -p builder")
}

fn different(files: &Files, committed: &Path) -> Vec<String> {
    files
        .iter()
        .filter(|(name, bytes)| fs::read(committed.join(name)).ok().as_ref() != Some(bytes))
        .map(|(name, _)| format!("{name} differs"))
        .collect()
}

fn strays(files: &Files, committed: &Path) -> Result<Vec<String>> {
    let mut strays = vec![];
    for entry in fs::read_dir(committed)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !files.contains_key(&name) && name != scarb::RECORD {
            strays.push(format!("{name} comes from no contract"));
        }
    }
    Ok(strays)
}

fn check(wrong: Vec<String>, remedy: &str) -> Result<()> {
    ensure!(wrong.is_empty(), "{}. Run `{remedy}` and commit artifacts/", wrong.join(", "));
    println!("artifacts/ is what contracts/ compiles to");
    Ok(())
}
