//! `docs/gas.md`: prose, and between a pair of markers what was measured.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

const BEGIN: &str = "<!-- measured -->";
const END: &str = "<!-- end measured -->";

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

    /// Replaces what stands between the markers by `measured`.
    pub fn put(&mut self, measured: &str) -> Result<()> {
        let (before, _, after) = self.split()?;
        self.text = format!("{before}\n{}\n{after}", measured.trim_end());
        Ok(())
    }

    pub fn write(&self) -> Result<()> {
        fs::write(&self.path, &self.text).context("cannot write docs/gas.md")?;
        println!("wrote docs/gas.md");
        Ok(())
    }

    /// Fails unless just `measured` stands between the markers.
    pub fn check(&self, measured: &str) -> Result<()> {
        let (_, written, _) = self.split()?;
        if written.trim() == measured.trim() {
            println!("docs/gas.md says what is measured");
            return Ok(());
        }
        let differing: Vec<_> = written
            .trim()
            .lines()
            .zip(measured.trim().lines())
            .filter(|(written, measured)| written != measured)
            .map(|(written, measured)| format!("- {written}\n+ {measured}"))
            .collect();
        bail!(
            "docs/gas.md does not say what is measured. If the change is meant, run `cargo run -p \
             proof -- gas` and commit it:\n{}",
            differing.join("\n")
        )
    }

    /// Returns what stands before the first marker's end, between the markers, and from the second marker
    /// on.
    fn split(&self) -> Result<(&str, &str, &str)> {
        let (Some(start), Some(stop)) = (self.text.find(BEGIN), self.text.find(END)) else {
            bail!("docs/gas.md has no section between {BEGIN} and {END}");
        };
        let start = start + BEGIN.len();
        let body = self.text.get(start..stop).context("a section begins before it ends")?;
        Ok((&self.text[..start], body, &self.text[stop..]))
    }
}
