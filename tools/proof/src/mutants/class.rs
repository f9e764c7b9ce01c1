//! Compiles the account's class with an edit, and keeps it for the next run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use builder::Scratch;
use builder::sierra::ACCOUNT;

use super::list::Mutant;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The class of a mutant, in a folder of the same form as `artifacts/`.
pub struct Class<'a> {
    pub mutant: &'a Mutant,
    pub folder: PathBuf,
}

/// Compiles the account without an edit and with each of `mutants`, into `scratch`.
///
/// The classes of mutants are kept below [`builder::cache`] while the contract's code stays the same: so
/// a run that was interrupted, or that an edit stopped which does not compile, goes on from there.
pub fn compile<'a>(mutants: &[&'a Mutant], scratch: &Scratch) -> Result<(PathBuf, Vec<Class<'a>>)> {
    let root = builder::repository()?;
    let (sources, out) = (scratch.path().join("sources"), scratch.path().join("classes"));
    let kept = kept(&builder::digest_of_code(&root, &["contracts/src"])?)?;
    let classes: Vec<_> =
        mutants.iter().map(|mutant| Class { mutant, folder: kept.join(mutant.digest()) }).collect();
    let missing: Vec<_> = classes.iter().filter(|class| !class.folder.exists()).collect();
    let names: Vec<_> =
        missing.iter().enumerate().map(|(n, it)| format!("{n:03}-{}", it.mutant.rule)).collect();
    fs::create_dir_all(&sources)?;
    for (class, name) in missing.iter().zip(&names) {
        class.mutant.write(&root, &sources.join(name))?;
    }
    let compiled = builder::sierra::compile(&root, &out, &[ACCOUNT], Some(&sources));
    for (class, name) in missing.iter().zip(&names) {
        let folder = out.join(name).join(ACCOUNT.name);
        if is_whole(&folder) && !class.folder.exists() {
            fs::rename(folder, &class.folder)?;
        }
    }
    compiled?;
    Ok((out.join(ACCOUNT.name), classes))
}

/// Says whether `folder` holds a class, its CASM and its ABI.
fn is_whole(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|files| files.count() == 3)
}

/// Returns the folder of the classes that this compiler made of the contract with the digest `code`, and
/// removes those of others that nobody has added to for a week.
fn kept(code: &str) -> Result<PathBuf> {
    let all = builder::cache()?.join("mutants");
    let kept = all.join(format!("{code}-{}", builder::sierra::COMPILER.replace(' ', "-")));
    fs::create_dir_all(&kept)?;
    for entry in fs::read_dir(&all)? {
        let entry = entry?;
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if entry.path() != kept && age > WEEK {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(kept)
}
