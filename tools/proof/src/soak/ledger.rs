//! What a process of the soak keeps beside its payments, as an app would beside its orders: the hash of
//! each transaction before it is sent, and how each payment ended. It outlives a process that is killed.

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
    /// It was made.
    Paid,
    /// Its transaction is in a block and failed there.
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

/// What is known of one payment.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The hashes under which it may have been sent.
    pub hashes: Vec<Felt>,
    /// How it ended. More than one end would be a fault.
    pub ends: Vec<End>,
}

/// The file that a process adds lines to.
pub struct Ledger {
    file: Mutex<File>,
}

impl Ledger {
    /// Opens the ledger at `path`, for more lines.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Reads what was written, but for a last line that a kill cut off.
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

    /// Notes under which hash the payment `id` is about to be sent.
    pub fn sending(&self, id: u32, hash: Felt) -> io::Result<()> {
        self.write(&Line { id, hash: Some(hash), end: None })
    }

    /// Notes how the payment `id` ended.
    pub fn ended(&self, id: u32, end: End) -> io::Result<()> {
        self.write(&Line { id, hash: None, end: Some(end) })
    }

    fn write(&self, line: &Line) -> io::Result<()> {
        // In one piece, and on a line of its own even after a cut one.
        let text = format!("\n{}\n", serde_json::to_string(line)?);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())
    }
}
