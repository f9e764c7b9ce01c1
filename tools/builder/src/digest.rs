//! One hash of many files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Returns the SHA-256 of the files below `root` that `paths` name, or that are in a folder that they
/// name. Hidden files, which editors leave, do not count:
/// `cd ROOT; LC_ALL=C; find PATHS -type f -not -name '.*' | sort | xargs sha256sum | sha256sum`.
pub fn digest(root: &Path, paths: &[&str]) -> Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect(root.join(path), &mut files)?;
    }
    let mut names = files
        .iter()
        .map(|path| Ok((path.strip_prefix(root)?.to_string_lossy().into_owned(), path)))
        .collect::<Result<Vec<_>>>()?;
    names.sort();

    let mut all = Sha256::new();
    for (name, path) in names {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        all.update(format!("{:x}  {name}\n", Sha256::digest(bytes)));
    }
    Ok(format!("{:x}", all.finalize()))
}

fn collect(path: PathBuf, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
        return Ok(());
    }
    if !path.is_dir() {
        files.push(path);
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(entry?.path(), files)?;
    }
    Ok(())
}
