//! `docs/gas.md`: prose, and between a pair of markers for each section what was measured.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

pub struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    pub fn read() -> Result<Self> {
        let path = builder::repository()?.join("docs/gas.md");
        let text = fs::read_to_string(&path).context("cannot read docs/gas.md")?;
        Ok(Self { path, text })
    }

    /// Replaces what `section` says by `measured`.
    pub fn put(&mut self, section: &str, measured: &str) -> Result<()> {
        let (before, _, after) = self.split(section)?;
        self.text = format!("{before}\n{}\n{after}", measured.trim_end());
        Ok(())
    }

    pub fn write(&self) -> Result<()> {
        fs::write(&self.path, &self.text).context("cannot write docs/gas.md")?;
        println!("wrote docs/gas.md");
        Ok(())
    }

    /// Fails unless `section` says just `measured`.
    pub fn check(&self, section: &str, measured: &str) -> Result<()> {
        let (_, written, _) = self.split(section)?;
        let differing: Vec<_> = written
            .trim()
            .lines()
            .zip(measured.trim().lines())
            .filter(|(written, measured)| written != measured)
            .map(|(written, measured)| format!("- {written}\n+ {measured}"))
            .collect();
        if written.trim() == measured.trim() {
            println!("docs/gas.md says what is measured: {section}");
            return Ok(());
        }
        bail!(
            "docs/gas.md does not say what is measured ({section}). If the change is meant, run \
             `cargo run -p proof -- gas` and commit it:\n{}",
            differing.join("\n")
        )
    }

    /// What stands before `section`, in it, and after it.
    fn split(&self, section: &str) -> Result<(&str, &str, &str)> {
        let (begin, end) = (format!("<!-- {section} -->"), format!("<!-- end {section} -->"));
        let (Some(start), Some(stop)) = (self.text.find(&begin), self.text.find(&end)) else {
            bail!("docs/gas.md has no section between {begin} and {end}");
        };
        let start = start + begin.len();
        let body = self.text.get(start..stop).context("a section begins before it ends")?;
        Ok((&self.text[..start], body, &self.text[stop..]))
    }
}
