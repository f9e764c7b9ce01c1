//! Computes one hash of many files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Computes one SHA-256 of the files below `root` that `paths` name, or that are in a folder named there. Files
/// and folders whose names begin with a dot do not count. Where there is no such folder, this command computes
/// the same: `cd ROOT; LC_ALL=C; find PATHS -type f -not -name '.*' | sort | xargs sha256sum | sha256sum`.
pub fn digest(root: &Path, paths: &[&str]) -> Result<String> {
    digest_of(root, paths, |bytes| bytes)
}

/// Computes the same as [`digest`], but leaves out empty lines and lines that are comments: the result changes
/// only if code changes.
pub fn digest_of_code(root: &Path, paths: &[&str]) -> Result<String> {
    digest_of(root, paths, without_comments)
}

/// Returns `file` without its empty lines, and without those that are a comment in Cairo, Rust or TOML.
fn without_comments(file: Vec<u8>) -> Vec<u8> {
    let is_code = |line: &&[u8]| {
        let line = line.trim_ascii();
        !line.is_empty() && !line.starts_with(b"//") && !line.starts_with(b"# ")
    };
    file.split(|byte| *byte == b'\n').filter(is_code).collect::<Vec<_>>().join(&b'\n')
}

fn digest_of(root: &Path, paths: &[&str], part: fn(Vec<u8>) -> Vec<u8>) -> Result<String> {
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
        all.update(format!("{:x}  {name}\n", Sha256::digest(part(bytes))));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_leave_the_code_and_other_code_does_not() {
        let code = |text: &str| without_comments(text.into());
        let (before, after) =
            ("/// Adds.\nfn a() {\n    1 // one\n}\n", "//! A.\n\nfn a() {\n    1 // one\n}");
        assert_eq!(code(before), code(after));
        assert_ne!(code(before), code("fn a() {\n    2 // one\n}"));
        assert_eq!(code("# why\nrule = 1"), code("rule = 1"));
    }
}
