//! Reads variants of a package; a variant is a set of files that differ from the package's.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::compile::Workspace;

pub struct Variant {
    pub name: String,
    /// The files' paths relative to the package's folder, with their contents.
    files: Vec<(PathBuf, String)>,
}

/// Returns the variants in `folder`, which are its subfolders, in the order of their names.
pub fn read(folder: &Path) -> Result<Vec<Variant>> {
    let mut variants = vec![];
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let entry = entry?;
        let mut files = vec![];
        collect(&entry.path(), &entry.path(), &mut files)?;
        variants.push(Variant { name: entry.file_name().to_string_lossy().into_owned(), files });
    }
    variants.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(variants)
}

fn collect(folder: &Path, root: &Path, files: &mut Vec<(PathBuf, String)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, root, files)?;
        } else {
            files.push((path.strip_prefix(root)?.to_path_buf(), fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

impl Variant {
    /// Replaces the files of the package at `source` by the variant's.
    pub fn enter(&self, workspace: &mut Workspace, source: &Path) {
        for (path, text) in &self.files {
            workspace.edit(source.join(path), Some(text));
        }
    }

    /// Restores the files of the package from disk.
    pub fn leave(&self, workspace: &mut Workspace, source: &Path) {
        for (path, _) in &self.files {
            workspace.edit(source.join(path), None);
        }
    }
}
