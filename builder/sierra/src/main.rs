//! Cairo sources to Sierra contract classes, from cargo's registry alone.

mod compile;
mod corelib;
mod variants;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use compile::{Compiled, Package, Workspace};

#[derive(Parser)]
#[command(version, about)]
struct Options {
    /// A Cairo package: NAME=FOLDER, the folder being that of its lib.cairo.
    #[arg(required = true, value_parser = package)]
    packages: Vec<(String, PathBuf)>,
    /// Where the core library is kept between runs.
    #[arg(long)]
    cache: PathBuf,
    /// Where the classes go: each as `PACKAGE/NAME.contract_class.json`.
    #[arg(long)]
    out: PathBuf,
    /// Also compile each variant of the first package in this folder: a subfolder with the files that
    /// differ. Its classes go into a subfolder of the same name, by package too.
    #[arg(long)]
    variants: Option<PathBuf>,
}

fn package(text: &str) -> Result<(String, PathBuf), String> {
    let (name, folder) = text.split_once('=').ok_or("expected NAME=FOLDER")?;
    Ok((name.to_owned(), PathBuf::from(folder)))
}

fn main() -> Result<()> {
    let options = Options::parse();
    let corelib = corelib::unpack(&options.cache)?;
    let packages: Vec<_> =
        options.packages.iter().map(|(name, source)| Package { name, source }).collect();
    let mut workspace = Workspace::new(&packages, &corelib)?;
    write(&workspace, &options.out)?;
    if let (Some(variants), Some(package)) = (options.variants, packages.first()) {
        let mut failed = vec![];
        for variant in variants::read(&variants)? {
            variant.enter(&mut workspace, package.source);
            if let Err(error) = write(&workspace, &options.out.join(&variant.name)) {
                failed.push(format!("{}: {error:#}", variant.name));
            }
            variant.leave(&mut workspace, package.source);
        }
        ensure!(failed.is_empty(), "variants that do not compile:\n{}", failed.join("\n"));
    }
    Ok(())
}

/// Compiles `workspace` into `folder`.
fn write(workspace: &Workspace, folder: &Path) -> Result<()> {
    for Compiled { package, name, class } in workspace.compile()? {
        let folder = folder.join(package);
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.contract_class.json"));
        // As the compiler serialises it: a class hash covers the text of the ABI, key by key.
        fs::write(&path, serde_json::to_vec(&class)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
