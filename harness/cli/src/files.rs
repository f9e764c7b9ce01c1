//! Writes files whole or not at all.

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

/// Says whether it is the file system that has no locks: `ENOLCK` and its like have no kind of their own.
pub fn has_no_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = 37;
    matches!(error.kind(), io::ErrorKind::Unsupported)
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(ENOLCK))
}
