//! Compiles Cairo sources to contract classes, CASM and ABIs, with the crates of cargo's registry alone.

mod compile;
mod corelib;
mod variants;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cairo_lang_starknet_classes::casm_contract_class::CasmContractClass;
use clap::Parser;
use compile::{Compiled, Package, Workspace};
use corelib::Corelib;
use serde::Serialize;

#[derive(Parser)]
#[command(version, about)]
struct Options {
    /// A Cairo package: NAME=FOLDER, the folder being that of its lib.cairo.
    #[arg(required = true, value_parser = package)]
    packages: Vec<(String, PathBuf)>,
    /// The folder into which the core library is unpacked while this runs.
    #[arg(long)]
    cache: PathBuf,
    /// The folder of the output: each class as `PACKAGE/NAME.contract_class.json`, with the CASM and the
    /// ABI beside it.
    #[arg(long)]
    out: PathBuf,
    /// The folder of variants of the first package, which are compiled too: each a subfolder with the files
    /// that differ. A variant's classes are written to a subfolder of the same name.
    #[arg(long)]
    variants: Option<PathBuf>,
}

fn package(text: &str) -> Result<(String, PathBuf), String> {
    let (name, folder) = text.split_once('=').ok_or("expected NAME=FOLDER")?;
    Ok((name.to_owned(), PathBuf::from(folder)))
}

fn main() -> Result<()> {
    let options = Options::parse();
    let corelib = Corelib::unpack(&options.cache)?;
    let packages: Vec<_> =
        options.packages.iter().map(|(name, source)| Package { name, source }).collect();
    let mut workspace = Workspace::new(&packages, corelib.source())?;
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

/// Compiles `workspace` and writes the files into `folder`.
fn write(workspace: &Workspace, folder: &Path) -> Result<()> {
    for Compiled { package, name, class } in workspace.compile()? {
        let folder = folder.join(package);
        fs::create_dir_all(&folder)?;
        let put = |kind: &str, json: &[u8]| {
            let path = folder.join(format!("{name}.{kind}.json"));
            fs::write(&path, json).with_context(|| format!("cannot write {}", path.display()))
        };
        // The class is serialized as the compiler does it: the class hash covers the text of the ABI,
        // including its order.
        put("contract_class", &serde_json::to_vec(&class)?)?;
        put("abi", &pretty(class.abi.as_ref().context("a contract has an ABI")?)?)?;
        let program = class.extract_sierra_program(false)?;
        let casm = CasmContractClass::from_contract_class(class, program, false, usize::MAX)
            .with_context(|| format!("{name} has no CASM"))?;
        put("compiled_contract_class", &serde_json::to_vec(&casm)?)?;
    }
    Ok(())
}

/// Returns `value` as indented JSON with a line end.
fn pretty(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    Ok(json)
}
