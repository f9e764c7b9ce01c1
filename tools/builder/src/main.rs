//! Builds `contracts/` into `artifacts/`, and `mocks/` into `mocks/artifacts/`, with the crates of cargo's
//! registry alone. `--check` builds them again and compares them with the committed files. `--compare`
//! compares a class of another compiler, such as Scarb's, with the committed one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use builder::{ARTIFACTS, Files, MOCK_ARTIFACTS, build, repository, write};
use clap::Parser;

#[derive(Parser)]
#[command(version, about)]
struct Options {
    /// Write nothing; fail if a committed byte would differ.
    #[arg(long)]
    check: bool,
    /// The folder below which to write instead of the repository's.
    #[arg(long, conflicts_with = "check")]
    out: Option<PathBuf>,
    /// Build nothing; fail unless this class file, and the CASM file beside it, are the committed ones.
    #[arg(long, value_name = "CLASS", conflicts_with_all = ["check", "out"])]
    compare: Option<PathBuf>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let root = repository()?;
    if let Some(class) = &options.compare {
        return compare(class, &root.join(ARTIFACTS));
    }
    let files = build(&root)?;
    if !options.check {
        let folder = options.out.unwrap_or(root);
        write(&files, &folder)?;
        println!("wrote {} files below {}", files.len(), folder.display());
        return Ok(());
    }
    let wrong = [different(&files, &root), strays(&files, &root)?].concat();
    ensure!(
        wrong.is_empty(),
        "{}. Run `cargo run -p builder` and commit what it writes",
        wrong.join(", ")
    );
    println!(
        "{}: {ARTIFACTS}/ is what contracts/ compiles to, and {MOCK_ARTIFACTS}/ what mocks/ does",
        root.display()
    );
    Ok(())
}

fn different(files: &Files, root: &Path) -> Vec<String> {
    files
        .iter()
        .filter(|(name, bytes)| fs::read(root.join(name)).ok().as_ref() != Some(bytes))
        .map(|(name, _)| format!("{} differs", name.display()))
        .collect()
}

fn strays(files: &Files, root: &Path) -> Result<Vec<String>> {
    let mut strays = vec![];
    for folder in [ARTIFACTS, MOCK_ARTIFACTS] {
        for entry in fs::read_dir(root.join(folder))? {
            let name = Path::new(folder).join(entry?.file_name());
            if !files.contains_key(&name) {
                strays.push(format!("{} comes from no contract", name.display()));
            }
        }
    }
    Ok(strays)
}

/// Compares the class file `class`, which is named as Scarb names it, and the CASM beside it with the files
/// in `committed`, byte for byte.
fn compare(class: &Path, committed: &Path) -> Result<()> {
    // `<package>_<contract>.contract_class.json`
    let file = class.file_name().unwrap_or_default().to_string_lossy();
    let (stem, _) = file.split_once('.').context("a class file has an extension")?;
    let (_, name) = stem.rsplit_once('_').context("Scarb names the package, then the contract")?;
    ensure!(file.ends_with(".contract_class.json"), "{file} is not the name of a class file");
    for kind in ["contract_class", "compiled_contract_class"] {
        let theirs = class.with_file_name(format!("{stem}.{kind}.json"));
        let ours = committed.join(format!("{name}.{kind}.json"));
        ensure!(
            read(&theirs)? == read(&ours)?,
            "{} is not {}, byte for byte",
            theirs.display(),
            ours.display()
        );
    }
    println!("{} and its CASM are the committed ones, byte for byte", class.display());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
