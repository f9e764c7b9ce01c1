//! Compiles the account's class with an edit.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use builder::Scratch;
use builder::sierra::ACCOUNT;

use super::list::Mutant;

/// The class of a mutant, in a folder of the same form as `artifacts/`.
pub struct Class<'a> {
    pub mutant: &'a Mutant,
    pub folder: PathBuf,
}

/// Compiles the account without an edit and with each of `mutants`, into `scratch`.
pub fn compile<'a>(mutants: &[&'a Mutant], scratch: &Scratch) -> Result<(PathBuf, Vec<Class<'a>>)> {
    let root = builder::repository()?;
    let (sources, out) = (scratch.path().join("sources"), scratch.path().join("classes"));
    let names: Vec<_> =
        mutants.iter().enumerate().map(|(n, it)| format!("{n:03}-{}", it.rule)).collect();
    fs::create_dir_all(&sources)?;
    for (mutant, name) in mutants.iter().zip(&names) {
        mutant.write(&root, &sources.join(name))?;
    }
    builder::sierra::compile(&root, &out, &[ACCOUNT], Some(&sources))?;
    let classes = mutants
        .iter()
        .zip(names)
        .map(|(mutant, name)| Class { mutant, folder: out.join(name).join(ACCOUNT.name) })
        .collect();
    Ok((out.join(ACCOUNT.name), classes))
}
