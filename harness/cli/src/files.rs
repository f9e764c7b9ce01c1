//! Files that are written whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use session_client::files::place;

/// Puts `bytes` in the place of the file at `path`, if there is one. An interruption leaves what was
/// there, and whoever reads the file never reads half of it.
///
/// # Errors
/// If the file cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = tempfile::Builder::new();
    draft.suffix(".draft");
    // As every new file has it, of which the umask takes its part: temporary files have less.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut draft = draft.tempfile_in(path.parent().unwrap_or(Path::new("")))?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(path)?;
    Ok(())
}

/// Puts `bytes` into a new file at `path`, which its owner alone can read.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if there is one, and whatever else the system says.
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
