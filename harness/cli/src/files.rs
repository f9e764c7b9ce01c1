//! Writes files whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use session_client::files::place;

/// Writes `bytes` to the file at `path`, and replaces the file if there is one. If the process is
/// interrupted, the old file stays; no reader ever sees half of the new one.
///
/// # Errors
/// If the file cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = tempfile::Builder::new();
    draft.suffix(".draft");
    // Temporary files are readable by their owner alone. This one gets the mode of every other new file: 0666
    // less the umask.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut draft = draft.tempfile_in(path.parent().unwrap_or(Path::new("")))?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(path)?;
    Ok(())
}

/// Writes `bytes` to a new file at `path` that only its owner can read.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if there is a file at `path`, and other errors of the file system.
pub fn create_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Temporary files have mode 0600.
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut draft = tempfile::Builder::new().suffix(".draft").tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    place(draft, path)
}

/// Opens the file at `path` for a lock, and creates it if there is none. What is in the file stays: in a folder
/// that somebody else made, it may be a link to another file.
///
/// # Errors
/// If it cannot be opened.
pub fn to_lock(path: &Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(false).open(path)
}

/// Says whether it is the file system that has no locks: `ENOLCK` and its like have no kind of their own.
pub fn has_no_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = 37;
    matches!(error.kind(), io::ErrorKind::Unsupported)
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(ENOLCK))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_file_stays_when_it_is_opened_for_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("devnet.lock");
        to_lock(&path).unwrap().write_all(b"key").unwrap();
        to_lock(&path).unwrap().lock().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"key");
    }
}
