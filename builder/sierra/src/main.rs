//! Cairo sources to Sierra contract classes, from the registries of cargo and npm alone.

mod compile;
mod corelib;
mod wasm;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::json;

#[derive(Parser)]
#[command(version, about)]
struct Options {
    /// A Cairo package: NAME=FOLDER, the folder being that of its lib.cairo.
    #[arg(required = true, value_parser = package)]
    packages: Vec<(String, PathBuf)>,
    /// Where the core library is kept between runs.
    #[arg(long)]
    cache: PathBuf,
    /// Where the classes go, one `NAME.contract_class.json` each.
    #[arg(long)]
    out: PathBuf,
}

fn package(text: &str) -> Result<(String, PathBuf), String> {
    let (name, folder) = text.split_once('=').ok_or("expected NAME=FOLDER")?;
    Ok((name.to_owned(), PathBuf::from(folder)))
}

fn main() -> Result<()> {
    let options = Options::parse();
    let corelib = corelib::unpack(&options.cache)?;
    let packages: Vec<_> =
        options.packages.iter().map(|(name, source)| compile::Package { name, source }).collect();
    fs::create_dir_all(&options.out)?;
    for (name, class) in compile::compile(&packages, &corelib)? {
        let mut class = serde_json::to_value(&class)?;
        // Names for debuggers are no part of the class: its hash does not cover them.
        class["sierra_program_debug_info"] =
            json!({ "type_names": [], "libfunc_names": [], "user_func_names": [] });
        let path = options.out.join(format!("{name}.contract_class.json"));
        fs::write(&path, serde_json::to_vec(&class)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
