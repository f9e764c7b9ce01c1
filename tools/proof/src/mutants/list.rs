//! Reads `tools/proof/mutants.toml`: for each defence, the edit that removes it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// An edit that removes a defence or weakens it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// The rule that the edit breaks, by its id in `docs/rules.md`.
    pub rule: String,
    /// What the edit does to the account.
    pub what: String,
    /// The file's path below `contracts/src`.
    file: String,
    /// A text that occurs exactly once in the file.
    find: String,
    replace: String,
    /// The test that should notice the edit, which runs before all others.
    pub killer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

pub fn read() -> Result<Vec<Mutant>> {
    let path = builder::repository()?.join("tools/proof/mutants.toml");
    let text = fs::read_to_string(path).context("cannot read tools/proof/mutants.toml")?;
    let List { mutant } = toml::from_str(&text).context("tools/proof/mutants.toml")?;
    Ok(mutant)
}

/// Fails unless every edit fits the source and names an existing rule.
pub fn check(mutants: &[Mutant]) -> Result<()> {
    let root = builder::repository()?;
    let rules = fs::read_to_string(root.join("docs/rules.md")).context("docs/rules.md")?;
    let mut wrong = vec![];
    for mutant in mutants {
        if let Err(error) = mutant.edited(&root) {
            wrong.push(format!("{}: {error:#}", mutant.what));
        }
        if !rules.contains(&format!("**{}** ", mutant.rule)) {
            wrong.push(format!("{}: docs/rules.md has no rule {}", mutant.what, mutant.rule));
        }
    }
    ensure!(wrong.is_empty(), "tools/proof/mutants.toml:\n{}", wrong.join("\n"));
    Ok(())
}

impl Mutant {
    /// Says whether `text` is the mutant's rule or a part of its description.
    pub fn is(&self, text: &str) -> bool {
        self.rule == text || self.what.contains(text)
    }

    /// Returns what tells the edit from others of the same contract.
    pub fn digest(&self) -> String {
        let edit = [&self.file, &self.find, &self.replace].map(Sha256::digest).concat();
        format!("{:x}", Sha256::digest(edit))
    }

    /// Writes the edited file of the contracts below `root` to the same path in `folder`.
    pub fn write(&self, root: &Path, folder: &Path) -> Result<()> {
        let path = folder.join(&self.file);
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        Ok(fs::write(path, self.edited(root)?)?)
    }

    /// Returns the content of the edited file below `root`.
    fn edited(&self, root: &Path) -> Result<String> {
        let text = fs::read_to_string(root.join("contracts/src").join(&self.file))
            .with_context(|| format!("cannot read {}", self.file))?;
        match text.matches(&self.find).count() {
            1 => Ok(text.replacen(&self.find, &self.replace, 1)),
            count => bail!("what to find stands {count} times in {}, not once", self.file),
        }
    }
}
