//! The ledger of a process of the soak, which an app would keep with its orders: the hash of each
//! transaction, written before it is sent, and how each payment ended. It is still there after the process
//! was killed.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use starknet_rust::core::types::Felt;

/// How a payment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The payment was made.
    Paid,
    /// The payment's transaction is in a block and reverted.
    Reverted,
}

#[derive(Serialize, Deserialize)]
struct Line {
    id: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<Felt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<End>,
}

/// What the ledger says of one payment.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The hashes of the transactions that may have been sent for it.
    pub hashes: Vec<Felt>,
    /// How the payment ended. If there is more than one end, the payment was made twice or the ledger is
    /// wrong.
    pub ends: Vec<End>,
}

/// The file to which a process appends lines.
pub struct Ledger {
    file: Mutex<File>,
}

impl Ledger {
    /// Opens the ledger at `path`, to append lines.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Reads all lines of the ledger, except a last line that is incomplete because the process was killed.
    pub fn read(path: &Path) -> io::Result<BTreeMap<u32, Known>> {
        let mut known: BTreeMap<u32, Known> = BTreeMap::new();
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(known),
            file => file?,
        };
        for line in BufReader::new(file).lines() {
            if let Ok(Line { id, hash, end }) = serde_json::from_str(&line?) {
                let known = known.entry(id).or_default();
                known.hashes.extend(hash);
                known.ends.extend(end);
            }
        }
        Ok(known)
    }

    /// Records the hash with which the payment `id` is about to be sent.
    pub fn sending(&self, id: u32, hash: Felt) -> io::Result<()> {
        self.write(&Line { id, hash: Some(hash), end: None })
    }

    /// Records how the payment `id` ended.
    pub fn ended(&self, id: u32, end: End) -> io::Result<()> {
        self.write(&Line { id, hash: None, end: Some(end) })
    }

    fn write(&self, line: &Line) -> io::Result<()> {
        // The line is written at once, and begins with a line break in case the last line is incomplete.
        let text = format!("\n{}\n", serde_json::to_string(line)?);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())
    }
}
