//! A journal for commands that must go on even if the journal fails.

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use session_client::journal::{Entry, Journal};
use starknet_rust::core::types::Felt;

use super::answer::Printer;
use super::kept::Kept;

/// The journal of a command that ends sessions. If an entry cannot be read or written, the journal warns and
/// goes on: ending a session twice does no harm, and not ending it does.
pub struct Lenient {
    files: Kept,
    printer: Printer,
    told: Mutex<HashSet<String>>,
    /// Whether it shows no open entries.
    is_ahead: bool,
}

impl Lenient {
    /// Opens the journal in `folder`.
    pub fn in_folder(folder: PathBuf, printer: Printer) -> Self {
        Self { files: Kept::in_folder(folder), printer, told: Mutex::default(), is_ahead: false }
    }

    /// Hides the open entries, so that none of their nonces counts as taken. Each is still found by its hash.
    pub fn ahead(self) -> Self {
        Self { is_ahead: true, ..self }
    }

    fn warn(&self, error: &io::Error) {
        let what = format!("the journal fails, and is passed over: {error}");
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(what.clone()) {
            self.printer.warn(what);
        }
    }

    fn or_none<T: Default>(&self, read: io::Result<T>) -> T {
        read.unwrap_or_else(|error| {
            self.warn(&error);
            T::default()
        })
    }
}

impl Journal for Lenient {
    fn write(&self, entry: &Entry) -> io::Result<()> {
        match self.files.write(entry) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            written => {
                self.or_none(written);
                Ok(())
            }
        }
    }

    fn open(&self, chain_id: Felt, account: Felt) -> io::Result<Vec<Entry>> {
        if self.is_ahead {
            return Ok(Vec::new());
        }
        let hashes = self.or_none(self.files.hashes());
        let entries = hashes.into_iter().filter_map(|hash| self.or_none(self.files.find(hash)));
        let mut entries: Vec<_> =
            entries.filter(|it| (it.chain_id, it.account) == (chain_id, account)).collect();
        entries.sort_by_key(|it| (it.nonce, it.written_at));
        Ok(entries)
    }

    fn find(&self, hash: Felt) -> io::Result<Option<Entry>> {
        Ok(self.or_none(self.files.find(hash)))
    }

    fn settle(&self, hash: Felt) -> io::Result<()> {
        let settled = self.files.settle(hash);
        self.or_none(settled);
        Ok(())
    }
}
