//! The file that `serve` writes for clients. No other file is ever overwritten or removed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

/// The most that is read of what may be another sandbox's file, in bytes: 100 accounts take a tenth.
const MOST: u64 = 1 << 20;
/// What every sandbox writes: a file that has these is one's, and no file of anybody else's has them all.
const FIELDS: [&str; 5] = ["page_url", "paymaster_url", "chipi_url", "submitter", "relayers"];

/// The place of a file that is not written yet.
#[derive(Debug)]
pub struct InfoFile {
    path: PathBuf,
}

/// The file, written.
#[derive(Debug)]
pub struct Written {
    path: PathBuf,
    text: String,
}

impl InfoFile {
    /// Sees to it that the place is free: what a sandbox that was killed left there is removed, so that
    /// nobody who waits for the file finds it.
    ///
    /// # Errors
    /// If there is anything else, or the file of a sandbox that still serves.
    pub fn reserve(path: PathBuf) -> anyhow::Result<Self> {
        let shown = path.display();
        let metadata = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self { path }),
            metadata => metadata.with_context(|| format!("cannot look at {shown}"))?,
        };
        // A pipe or a device would be waited for.
        let left = if metadata.is_file() { read(&path)? } else { None };
        let Some(left) = left.filter(|left| FIELDS.iter().all(|it| left.get(it).is_some())) else {
            bail!("{shown} is there, and no sandbox wrote it: it stays. Choose another --info");
        };
        let page = left["page_url"].as_str().unwrap_or_default();
        let address = page.trim_start_matches("http://").trim_end_matches('/');
        let serves = address.parse::<SocketAddr>().is_ok_and(|it| TcpStream::connect(it).is_ok());
        ensure!(
            !serves,
            "{shown} is of a sandbox that still serves {page}: stop it, or choose another --info and --port"
        );
        fs::remove_file(&path).with_context(|| format!("cannot remove {shown}"))?;
        Ok(Self { path })
    }

    /// Writes `text`, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written, or if somebody else's file stands there by now.
    pub fn write(self, text: &str) -> anyhow::Result<Written> {
        let Self { path } = self;
        place(&path, text.as_bytes()).with_context(|| {
            format!("cannot write {}: nothing that was there is lost", path.display())
        })?;
        Ok(Written { path, text: text.to_owned() })
    }
}

impl Written {
    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, unless it has been changed since.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(self) -> anyhow::Result<()> {
        let Self { path, text } = self;
        if !fs::read_to_string(&path).is_ok_and(|it| it == text) {
            return Ok(());
        }
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }
}

/// Reads what may be a sandbox's file; nothing if it is no JSON, or too long.
fn read(path: &Path) -> anyhow::Result<Option<Value>> {
    let mut bytes = Vec::new();
    let file = File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
    file.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_slice(&bytes).ok())
}

/// Puts a new file at `path`, where there must be none.
fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = tempfile::Builder::new();
    draft.suffix(".draft");
    // As every new file has it, of which the umask takes its part: temporary files have less.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut draft = draft.tempfile_in(folder)?;
    draft.write_all(bytes)?;
    match draft.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => Err(refused.error),
        // Some file systems have no hard links: the name is taken first, then the file replaced.
        Err(refused) => {
            File::create_new(path)?;
            refused.file.persist(path)?;
            Ok(())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// As one that was killed leaves it: port 9 has no listener.
    const LEFT: &str = r#"{ "page_url": "http://127.0.0.1:9/", "paymaster_url": "", "chipi_url": "",
                            "submitter": {}, "relayers": [] }"#;

    #[test]
    fn what_no_sandbox_wrote_is_neither_removed_nor_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("package.json");
        for text in
            ["{}", "", "# notes", r#"{ "page_url": "http://127.0.0.1:9/", "accounts": [] }"#]
        {
            fs::write(&path, text).unwrap();
            let refused = InfoFile::reserve(path.clone()).unwrap_err().to_string();
            assert!(refused.contains("no sandbox wrote it"), "{refused}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(InfoFile::reserve(folder.path().to_owned()).is_err());
    }

    #[test]
    fn a_file_that_comes_in_between_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.json");
        let file = InfoFile::reserve(path.clone()).unwrap();
        fs::write(&path, "mine").unwrap();
        assert!(file.write(LEFT).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn its_own_file_is_removed_and_one_that_was_changed_since_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.json");
        fs::write(&path, LEFT).unwrap();
        let file = InfoFile::reserve(path.clone()).unwrap();
        assert!(!path.exists(), "who waits for the file finds the one that was left");
        file.write(LEFT).unwrap().remove().unwrap();
        assert!(!path.exists());

        let written = InfoFile::reserve(path.clone()).unwrap().write(LEFT).unwrap();
        fs::write(&path, "mine").unwrap();
        written.remove().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
