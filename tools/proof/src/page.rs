//! A document in which a command writes the part between two markers.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// The part of a document that a command of `proof` writes.
pub struct Section {
    /// The document's path in the repository.
    pub document: &'static str,
    /// The text of its markers: `<!-- name -->` and `<!-- end name -->`.
    pub name: &'static str,
    /// The command that writes it.
    pub command: &'static str,
}

pub struct Page {
    section: Section,
    path: PathBuf,
    text: String,
}

impl Page {
    pub fn read(section: Section) -> Result<Self> {
        let path = builder::repository()?.join(section.document);
        let text = fs::read_to_string(&path).with_context(|| {
            let Section { document, name, .. } = section;
            format!(
                "cannot read {document}: the page must be there, with the lines `<!-- {name} -->` and \
                 `<!-- end {name} -->` where the table is to stand"
            )
        })?;
        Ok(Self { section, path, text })
    }

    /// Replaces the part between the markers by `body`.
    pub fn put(&mut self, body: &str) -> Result<()> {
        let (before, _, after) = self.split()?;
        self.text = format!("{before}\n{}\n{after}", body.trim_end());
        Ok(())
    }

    pub fn write(&self) -> Result<()> {
        let document = self.section.document;
        fs::write(&self.path, &self.text).with_context(|| format!("cannot write {document}"))?;
        println!("wrote {document}");
        Ok(())
    }

    /// Fails unless the part between the markers is exactly `body`.
    pub fn check(&self, body: &str) -> Result<()> {
        let Section { document, command, .. } = self.section;
        let (_, written, _) = self.split()?;
        let (written, body) = (written.trim(), body.trim());
        if written == body {
            println!("{document} says what `{command}` writes");
            return Ok(());
        }
        let mut differing: Vec<_> = written
            .lines()
            .zip(body.lines())
            .filter(|(written, body)| written != body)
            .map(|(written, body)| format!("- {written}\n+ {body}"))
            .collect();
        let shorter = written.lines().count().min(body.lines().count());
        differing.extend(written.lines().skip(shorter).map(|line| format!("- {line}")));
        differing.extend(body.lines().skip(shorter).map(|line| format!("+ {line}")));
        bail!(
            "{document} does not say what `{command}` writes. If the change is meant, run it and commit \
             the page:\n{}",
            differing.join("\n")
        )
    }

    /// Returns the text up to and including the first marker, the text between the markers, and the text
    /// from the second marker on.
    fn split(&self) -> Result<(&str, &str, &str)> {
        let Section { document, name, .. } = self.section;
        let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- end {name} -->"));
        let (Some(start), Some(stop)) = (self.text.find(&begin), self.text.find(&end)) else {
            bail!("{document} has no part between the lines `{begin}` and `{end}`: add both");
        };
        let start = start + begin.len();
        let body = self.text.get(start..stop).context("a part begins before it ends")?;
        Ok((&self.text[..start], body, &self.text[stop..]))
    }
}
