//! What is kept of a transaction that leaves the journal: which others had its nonce. One that was replaced is
//! then still told as that, for a user or a script that has its hash alone.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use session_client::journal::{Entry, Files, Journal};
use starknet_rust::core::types::Felt;

use crate::files::replace;

/// How many transactions are kept; the oldest ones go first.
const MOST: usize = 1_000;
/// How many others are kept for one transaction.
const MOST_OTHERS: usize = 16;
/// The folder in that of the journal.
const FOLDER: &str = "replaced";

/// A journal in files that keeps, for each transaction that was replaced, what had the same nonce.
pub struct Kept {
    files: Files,
    folder: PathBuf,
}

/// A transaction with the nonce of another one, of which one alone could be included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    pub hash: Felt,
    /// Whether it makes the same calls.
    pub is_same: bool,
}

impl Kept {
    /// Opens the journal in `folder`.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { files: Files::in_folder(&folder), folder: folder.join(FOLDER) }
    }

    /// Returns the hashes of all open transactions.
    pub fn hashes(&self) -> io::Result<Vec<Felt>> {
        self.files.hashes()
    }

    /// Returns the transactions that had the nonce of `hash`, the last one first. What cannot be read is not
    /// known.
    pub fn others(&self, hash: Felt) -> Vec<Other> {
        let read = fs::read(self.path_of(hash)).ok();
        read.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default()
    }

    /// Keeps the transaction `hash` and the open ones with its nonce as each other's.
    fn keep(&self, hash: Felt) -> io::Result<()> {
        let Some(entry) = self.files.find(hash)? else { return Ok(()) };
        for other in self.files.open(entry.chain_id, entry.account)? {
            if other.nonce == entry.nonce && other.hash != hash {
                self.link(&entry, &other)?;
                self.link(&other, &entry)?;
            }
        }
        Ok(())
    }

    fn link(&self, from: &Entry, to: &Entry) -> io::Result<()> {
        let is_same = from.calls().is_some_and(|it| to.makes(&it));
        let mut others = self.others(from.hash);
        if others.iter().any(|it| it.hash == to.hash) {
            return Ok(());
        }
        others.insert(0, Other { hash: to.hash, is_same });
        others.truncate(MOST_OTHERS);
        fs::create_dir_all(&self.folder)?;
        replace(&self.path_of(from.hash), &serde_json::to_vec(&others)?)?;
        self.forget_the_oldest()
    }

    fn forget_the_oldest(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let file = file?;
            files.push((file.metadata()?.modified()?, file.path()));
        }
        files.sort();
        let surplus = files.len().saturating_sub(MOST);
        files.iter().take(surplus).try_for_each(|(_, path)| fs::remove_file(path))
    }

    fn path_of(&self, hash: Felt) -> PathBuf {
        self.folder.join(format!("{hash:#066x}"))
    }
}

impl Journal for Kept {
    fn write(&self, entry: &Entry) -> io::Result<()> {
        self.files.write(entry)
    }

    fn open(&self, chain_id: Felt, account: Felt) -> io::Result<Vec<Entry>> {
        self.files.open(chain_id, account)
    }

    fn find(&self, hash: Felt) -> io::Result<Option<Entry>> {
        self.files.find(hash)
    }

    fn settle(&self, hash: Felt) -> io::Result<()> {
        // If this fails, `wait` cannot name what took its place, and says that it does not know.
        let _ = self.keep(hash);
        self.files.settle(hash)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn entry(nonce: u32, hash: u32) -> Entry {
        from_value(json!({
            "chain_id": "0x1", "account": "0x2", "nonce": format!("{nonce:#x}"),
            "hash": format!("{hash:#x}"), "written_at": 7,
        }))
        .unwrap()
    }

    #[test]
    fn what_had_the_same_nonce_is_kept_when_it_leaves_the_journal_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Kept::in_folder(folder.path().join("journal"));
        for (nonce, hash) in [(3, 0x30), (3, 0x31), (4, 0x40)] {
            journal.write(&entry(nonce, hash)).unwrap();
        }
        for hash in [0x30_u8, 0x31, 0x40] {
            journal.settle(hash.into()).unwrap();
        }
        let others = |hash: u8| -> Vec<_> {
            journal.others(hash.into()).into_iter().map(|it| it.hash).collect()
        };
        assert_eq!((others(0x30), others(0x31)), (vec![0x31.into()], vec![0x30.into()]));
        assert_eq!(others(0x40), []);
        // The journal itself is read as before.
        assert!(journal.open(1.into(), 2.into()).unwrap().is_empty());

        let kept = folder.path().join("journal").join(FOLDER);
        for number in 0..MOST {
            fs::write(kept.join(number.to_string()), "").unwrap();
        }
        for hash in [0x50, 0x51] {
            journal.write(&entry(5, hash)).unwrap();
        }
        journal.settle(0x50.into()).unwrap();
        assert_eq!(fs::read_dir(kept).unwrap().count(), MOST);
        assert_eq!((others(0x30), others(0x50)), (vec![], vec![0x51.into()]));
    }
}
