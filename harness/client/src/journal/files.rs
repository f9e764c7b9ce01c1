//! A journal in a folder, with one file for each transaction.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use starknet_rust::core::types::Felt;
use tempfile::NamedTempFile;

use super::{Entry, Journal, in_order};
use crate::files::place;

/// The longest file that is read, in bytes; a transaction has some kilobytes.
const LONGEST: u64 = 4 * 1_024 * 1_024;
const EXTENSION: &str = "json";

/// A journal that outlives the process: a folder with one file for each transaction. A file is written
/// completely or not at all, and only its owner can read it.
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
/// #     -> session_client::Result<()> {
/// use session_client::journal::Files;
///
/// let node = node.with_journal(Files::in_folder("journal"));
/// assert!(node.unsettled(account)?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Keeps transactions in `folder`, which is created with the first of them.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Returns the hashes of all open transactions in the folder, of every chain and account.
    ///
    /// # Errors
    /// The error of reading the folder.
    pub fn hashes(&self) -> io::Result<Vec<Felt>> {
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            files => files?,
        };
        let mut hashes = Vec::new();
        for file in files {
            let path = file?.path();
            let name = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|it| it == EXTENSION)
                && let Ok(hash) = Felt::from_hex(name)
            {
                hashes.push(hash);
            }
        }
        Ok(hashes)
    }

    fn path_of(&self, hash: Felt) -> PathBuf {
        self.folder.join(format!("{hash:#066x}.{EXTENSION}"))
    }
}

impl Journal for Files {
    fn write(&self, entry: &Entry) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, entry)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        place(file, &self.path_of(entry.hash))?;
        sync(&self.folder)
    }

    fn open(&self, chain_id: Felt, account: Felt) -> io::Result<Vec<Entry>> {
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            files => files?,
        };
        let mut entries = Vec::new();
        for file in files {
            let path = file?.path();
            if path.extension().is_some_and(|it| it == EXTENSION)
                && let Some(entry) = read(&path)?
                && (entry.chain_id, entry.account) == (chain_id, account)
            {
                entries.push(entry);
            }
        }
        Ok(in_order(entries))
    }

    fn find(&self, hash: Felt) -> io::Result<Option<Entry>> {
        read(&self.path_of(hash))
    }

    fn settle(&self, hash: Felt) -> io::Result<()> {
        match fs::remove_file(self.path_of(hash)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

/// Reads the file at `path`; `None` if another process removed it meanwhile.
fn read(path: &Path) -> io::Result<Option<Entry>> {
    let is_gone = |error: &io::Error| error.kind() == ErrorKind::NotFound;
    match fs::metadata(path) {
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
        Ok(metadata) if metadata.len() > LONGEST => {
            return Err(unreadable(path, "it is too long"));
        }
        Ok(_) => {}
    }
    match fs::read(path) {
        Err(error) if is_gone(&error) => Ok(None),
        bytes => serde_json::from_slice(&bytes?)
            .map(Some)
            .map_err(|error| unreadable(path, &error.to_string())),
    }
}

/// Builds the error for an entry that cannot be read. Such an entry is never skipped, since its transaction
/// may have been paid.
fn unreadable(path: &Path, why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("{}: {why}", path.display()))
}

/// Flushes the folder to disk, so that the file's name survives a crash too.
fn sync(folder: &Path) -> io::Result<()> {
    // Other systems do not let a folder be opened as a file.
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{check, entry};
    use super::*;

    #[test]
    fn files_keep_what_is_written_until_it_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        check(&Files::in_folder(folder.path().join("journal")));
    }

    #[test]
    fn what_is_kept_is_listed_by_its_hash_and_locks_and_other_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Files::in_folder(folder.path().join("journal"));
        assert_eq!(journal.hashes().unwrap(), []);
        journal.write(&entry(1, 1)).unwrap();
        fs::write(folder.path().join("journal/0x7.lock"), "").unwrap();
        fs::write(folder.path().join("journal/notes.json"), "{").unwrap();
        assert_eq!(journal.hashes().unwrap(), [entry(1, 1).hash]);
    }

    #[test]
    fn another_process_finds_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        Files::in_folder(folder.path()).write(&entry(1, 1)).unwrap();
        let found = Files::in_folder(folder.path()).open(Felt::ONE, Felt::ONE).unwrap();
        assert_eq!(found, [entry(1, 1)]);
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_never_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Files::in_folder(folder.path());
        journal.write(&entry(1, 1)).unwrap();
        fs::write(journal.path_of(entry(1, 1).hash), "{").unwrap();
        assert!(journal.open(Felt::ONE, Felt::ONE).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_an_entry() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let journal = Files::in_folder(folder.path());
        journal.write(&entry(1, 1)).unwrap();
        let mode = fs::metadata(journal.path_of(entry(1, 1).hash)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
