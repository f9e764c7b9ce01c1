//! Records what was declared and deployed, in one file for each network, for people and scripts. Commands
//! never rely on it for what exists: they ask the chain.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use humantime::format_rfc3339_seconds;
use serde::{Deserialize, Serialize};
use session_client::Outcome;
use session_client::felt::parse;
use starknet_rust::core::types::Felt;

use super::answer::{Printer, hex};
use super::exit::Failure;
use super::transaction::Desk;
use crate::files::{self, has_no_locks};

/// The record of one network, `deployments/<network>.json`.
#[derive(Debug)]
pub struct Deployments {
    path: PathBuf,
    record: Record,
    /// The lock that this command holds as long as it may send and record. Two commands at once would send
    /// twice, and the second would overwrite what the first recorded.
    _lock: Option<File>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    chain_id: String,
    #[serde(default)]
    classes: BTreeMap<String, Class>,
    #[serde(default)]
    accounts: BTreeMap<String, Account>,
}

/// The name and version of the tool that records.
const TOOL: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// How a class or account got on chain, as far as this tool did it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Made {
    /// The transaction's hash, recorded before the transaction was sent.
    transaction: Option<String>,
    /// The number of the block that contains the transaction.
    block: Option<u64>,
    /// The account that paid.
    payer: Option<String>,
    /// The time at which the transaction was sent, by this machine's clock, in RFC 3339.
    time: Option<String>,
    /// The name and version of the tool that sent the transaction.
    tool: Option<String>,
}

impl Made {
    /// Describes the transaction `hash`, which `payer` is about to send.
    pub fn sent(hash: Felt, payer: Felt) -> Self {
        Self {
            transaction: Some(hex(hash)),
            block: None,
            payer: Some(hex(payer)),
            time: Some(format_rfc3339_seconds(SystemTime::now()).to_string()),
            tool: Some(TOOL.to_owned()),
        }
    }

    /// Describes a transaction that is in a block.
    pub fn included(outcome: &Outcome) -> Self {
        Self {
            transaction: Some(hex(outcome.transaction_hash)),
            block: Some(outcome.block_number),
            ..Self::default()
        }
    }

    /// Completes this with what is `known`, unless that describes another transaction.
    fn over(self, known: Self) -> Self {
        if self.transaction.is_some() && self.transaction != known.transaction {
            return self;
        }
        Self {
            transaction: known.transaction,
            block: self.block.or(known.block),
            payer: self.payer.or(known.payer),
            time: known.time.or(self.time),
            tool: known.tool.or(self.tool),
        }
    }

    fn hash(&self) -> Option<Felt> {
        self.transaction.as_deref().and_then(parse)
    }
}

/// A class that was declared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Class {
    pub compiled_class_hash: String,
    /// How the class was declared.
    #[serde(flatten)]
    pub made: Made,
    /// Whether the class was seen on chain.
    pub is_declared: bool,
    pub compiler: String,
    /// The SHA-256 of the class's sources, if they are known.
    pub sources_sha256: Option<String>,
}

/// An account that was deployed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    pub class_hash: String,
    pub public_key: String,
    pub salt: String,
    /// How the account was deployed.
    #[serde(flatten)]
    pub made: Made,
    /// Whether the account was seen on chain.
    pub is_deployed: bool,
}

impl Deployments {
    /// Opens the record of the network that `desk` works on. Waits until no other command uses the record,
    /// except for a dry run.
    pub fn open(desk: &Desk) -> Result<Self, Failure> {
        let path = desk.settings.deployments.join(format!("{}.json", desk.chain.network));
        let lock = if desk.fee.dry_run { None } else { Some(lock(&path, desk.printer)?) };
        let chain_id = hex(desk.chain.node.chain_id());
        let record = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| {
                Failure::file(&path, error).remedy("put it right, or move it away")
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Record { chain_id: chain_id.clone(), ..Record::default() }
            }
            Err(error) => return Err(Failure::file(&path, error)),
        };
        if record.chain_id != chain_id {
            return Err(Failure::usage(
                format!("{}: it records another chain, {}", path.display(), record.chain_id),
                "move it away, or give another folder with --deployments",
            ));
        }
        Ok(Self { path, record, _lock: lock })
    }

    /// Returns the hash of the transaction that was sent to declare `class_hash` and may not be in a block
    /// yet.
    pub fn declaration(&self, class_hash: Felt) -> Option<Felt> {
        let class = self.record.classes.get(&hex(class_hash))?;
        class.made.hash()
    }

    /// Returns the hash of the transaction that was sent to deploy `address` and may not be in a block yet.
    pub fn deployment(&self, address: Felt) -> Option<Felt> {
        let account = self.record.accounts.get(&hex(address))?;
        account.made.hash()
    }

    /// Records a class, and keeps what the record already says about its declaration.
    pub fn record_class(&mut self, class_hash: Felt, mut class: Class) -> Result<(), Failure> {
        if let Some(known) = self.record.classes.remove(&hex(class_hash)) {
            class.made = class.made.over(known.made);
        }
        self.record.classes.insert(hex(class_hash), class);
        self.save()
    }

    /// Records an account, and keeps what the record already says about its deployment.
    pub fn record_account(&mut self, address: Felt, mut account: Account) -> Result<(), Failure> {
        if let Some(known) = self.record.accounts.remove(&hex(address)) {
            account.made = account.made.over(known.made);
        }
        self.record.accounts.insert(hex(address), account);
        self.save()
    }

    fn save(&self) -> Result<(), Failure> {
        let mut json =
            serde_json::to_vec_pretty(&self.record).map_err(|it| Failure::file(&self.path, it))?;
        json.push(b'\n');
        files::replace(&self.path, &json).map_err(|error| Failure::file(&self.path, error))
    }
}

/// Takes the lock of the file beside the record. The lock ends with the process.
fn lock(record: &Path, printer: Printer) -> Result<File, Failure> {
    let path = record.with_extension("lock");
    let failed = |error| Failure::file(&path, error);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let file = files::to_lock(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        // Network shares and some FUSE file systems have no locks.
        Err(TryLockError::Error(error)) if has_no_locks(&error) => {
            printer.warn(format!(
                "{}: this file system has no locks: run one command at a time",
                path.display()
            ));
        }
        Err(TryLockError::WouldBlock) => {
            let record = record.display();
            printer.warn(format!("waiting for another command, which uses {record}"));
            file.lock().map_err(failed)?;
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_transaction_is_kept_and_of_another_one_is_not() {
        let (hash, payer) = (Felt::ONE, Felt::TWO);
        let sent = Made::sent(hash, payer);
        let kept = Made::default().over(sent.clone());
        assert_eq!((kept.hash(), &kept.payer), (Some(hash), &sent.payer));
        let included = Made { transaction: Some(hex(hash)), block: Some(7), ..Made::default() };
        let whole = included.clone().over(sent.clone());
        assert_eq!((whole.block, &whole.payer, &whole.time), (Some(7), &sent.payer, &sent.time));
        let other = Made { transaction: Some(hex(Felt::THREE)), ..included };
        assert_eq!((other.clone().over(sent).payer, other.block), (None, Some(7)));
    }

    #[test]
    fn a_file_system_without_locks_is_told_from_one_that_fails() {
        assert!(has_no_locks(&io::ErrorKind::Unsupported.into()));
        assert!(!has_no_locks(&io::ErrorKind::PermissionDenied.into()));
    }
}
