//! Builds `contracts/` into `artifacts/` from the registries of cargo and npm alone: classes, CASM
//! and a manifest. `--check` builds them again and compares.

mod artifact;
mod manifest;
mod sierra;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
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

/// A file's name and its bytes.
type Files = BTreeMap<String, Vec<u8>>;

fn main() -> Result<()> {
    let options = Options::parse();
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the builder has a parent")?;
    let files = build(root)?;
    let committed = root.join("artifacts");
    if options.check {
        return check(&files, &committed);
    }
    let out = options.out.unwrap_or(committed);
    write(&files, &out)?;
    println!("wrote {} files to {}", files.len(), out.display());
    Ok(())
}

fn build(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut contracts = BTreeMap::new();
    for (name, class) in sierra::compile(root)? {
        let artifact = artifact::compile(&name, class)?;
        contracts.insert(name.clone(), artifact.hashes);
        files.insert(format!("{name}.contract_class.json"), artifact.class);
        files.insert(format!("{name}.compiled_contract_class.json"), artifact.casm);
    }
    files.insert("manifest.json".to_owned(), manifest::json(root, contracts)?);
    Ok(files)
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

fn write(files: &Files, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
