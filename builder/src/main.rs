//! Builds `contracts/` into `artifacts/` from the registries of cargo and npm alone: classes, CASM
//! and a manifest. `--check` builds them again and compares.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use builder::{Files, build, cache, repository, write};
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
}

fn main() -> Result<()> {
    let options = Options::parse();
    let root = repository()?;
    let files = build(&root, &cache()?.join("sierra"))?;
    let committed = root.join("artifacts");
    if options.check {
        return check(&files, &committed);
    }
    let out = options.out.unwrap_or(committed);
    write(&files, &out)?;
    println!("wrote {} files to {}", files.len(), out.display());
    Ok(())
}

fn check(files: &Files, committed: &Path) -> Result<()> {
    let mut wrong: Vec<_> = files
        .iter()
        .filter(|(name, bytes)| fs::read(committed.join(name)).ok().as_ref() != Some(bytes))
        .map(|(name, _)| format!("{name} differs"))
        .collect();
    for entry in fs::read_dir(committed)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !files.contains_key(&name) {
            wrong.push(format!("{name} comes from no contract"));
        }
    }
    if wrong.is_empty() {
        println!("artifacts/ is what contracts/ compiles to: {} files", files.len());
        return Ok(());
    }
    bail!("{}. Run `cargo run -p builder` and commit artifacts/", wrong.join(", "))
}
