//! What an edit makes of the account's class.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use builder::sierra::ACCOUNT;

use super::list::Mutant;

const NAME: &str = "SessionAccount";

/// A class, in a folder of its own.
pub struct Class<'a> {
    pub mutant: &'a Mutant,
    pub folder: Folder,
}

/// A folder like `artifacts/`, which has no CASM until somebody asks for it.
pub struct Folder(PathBuf);

/// Compiles the account as it is, and as each of `mutants` makes it.
pub fn compile<'a>(mutants: &[&'a Mutant]) -> Result<(Folder, Vec<Class<'a>>)> {
    let root = builder::repository()?;
    let scratch = builder::cache()?.join("mutants");
    let (sources, out) = (scratch.join("sources"), scratch.join("classes"));
    if sources.exists() {
        fs::remove_dir_all(&sources)?;
    }
    let names: Vec<_> =
        mutants.iter().enumerate().map(|(n, it)| format!("{n:03}-{}", it.rule)).collect();
    fs::create_dir_all(&sources)?;
    for (mutant, name) in mutants.iter().zip(&names) {
        mutant.write(&root, &sources.join(name))?;
    }
    builder::sierra::compile(&root, &out, &[ACCOUNT], Some(&sources))?;
    let folder = |out: &Path| Folder(out.join(ACCOUNT.name));
    let classes = mutants
        .iter()
        .zip(names)
        .map(|(mutant, name)| Class { mutant, folder: folder(&out.join(name)) })
        .collect();
    Ok((folder(&out), classes))
}

impl Folder {
    /// Where the class and its CASM are.
    pub fn complete(&self) -> Result<&Path> {
        let casm = self.0.join(format!("{NAME}.compiled_contract_class.json"));
        if !casm.exists() {
            let class = fs::read(self.0.join(format!("{NAME}.contract_class.json")))?;
            fs::write(&casm, builder::artifact::compile(NAME, class)?.casm)?;
        }
        Ok(&self.0)
    }
}
