//! What was done, one file a network: a record for people and scripts. What is true is on chain.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use session_client::felt::parse;
use starknet_rust::core::types::Felt;

use super::answer::{Printer, hex};
use super::exit::Failure;
use super::transaction::Desk;
use crate::files;

/// `deployments/<network>.json`.
#[derive(Debug)]
pub struct Deployments {
    path: PathBuf,
    record: Record,
    /// Locked as long as this command may send and record: two at once would send twice, and the
    /// second forget what the first recorded.
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

/// A class that was declared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Class {
    pub compiled_class_hash: String,
    /// The hash of the transaction that declared it, once it was sent from here.
    pub transaction: Option<String>,
    /// Whether it was seen on chain.
    pub is_declared: bool,
    pub compiler: String,
    /// The SHA-256 of the sources, if they are known.
    pub sources_sha256: Option<String>,
}

/// An account that was deployed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    pub class_hash: String,
    pub public_key: String,
    pub salt: String,
    /// The hash of the transaction that deployed it, once it was sent from here.
    pub transaction: Option<String>,
    /// Whether it was seen on chain.
    pub is_deployed: bool,
}

impl Deployments {
    /// Returns what is recorded of the network that `desk` is at. Unless it is a dry run, this waits for
    /// other commands that are at it.
    pub fn open(desk: &Desk) -> Result<Self, Failure> {
        let path = desk.settings.deployments.join(format!("{}.json", desk.chain.network));
        let lock = if desk.fee.dry_run { None } else { Some(lock(&path, desk.printer)?) };
        let chain_id = hex(desk.chain.node.chain_id());
        let record = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| {
                Failure::file(&path, error).remedy("put it right, or move it away")
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
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

    /// Returns the transaction that was sent to declare `class_hash` and may be on its way.
    pub fn declaration(&self, class_hash: Felt) -> Option<Felt> {
        let class = self.record.classes.get(&hex(class_hash))?;
        class.transaction.as_deref().and_then(parse)
    }

    /// Returns the transaction that was sent to deploy `address` and may be on its way.
    pub fn deployment(&self, address: Felt) -> Option<Felt> {
        let account = self.record.accounts.get(&hex(address))?;
        account.transaction.as_deref().and_then(parse)
    }

    /// Records a class, keeping the transaction that is known if `class` has none.
    pub fn record_class(&mut self, class_hash: Felt, mut class: Class) -> Result<(), Failure> {
        let known = self.record.classes.remove(&hex(class_hash));
        class.transaction = class.transaction.or(known.and_then(|it| it.transaction));
        self.record.classes.insert(hex(class_hash), class);
        self.save()
    }

    /// Records an account, keeping the transaction that is known if `account` has none.
    pub fn record_account(&mut self, address: Felt, mut account: Account) -> Result<(), Failure> {
        let known = self.record.accounts.remove(&hex(address));
        account.transaction = account.transaction.or(known.and_then(|it| it.transaction));
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

/// Takes the lock beside the record, which ends with the process that holds it.
fn lock(record: &Path, printer: Printer) -> Result<File, Failure> {
    let path = record.with_extension("lock");
    let failed = |error| Failure::file(&path, error);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let record = record.display();
            printer.warn(format!("waiting for another command, which is at {record}"));
            file.lock().map_err(failed)?;
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    Ok(file)
}
