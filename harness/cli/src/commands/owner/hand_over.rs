//! `owner accept` and `owner hand-over`: the account passes to another owner's key.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use session_client::Acceptance;
use starknet_rust::core::types::Felt;

use super::Owner;
use crate::commands::account;
use crate::commands::answer::{Answer, Outcome, Printer, hex};
use crate::commands::chain::Chain;
use crate::commands::ending::Ending;
use crate::commands::exit::{Failure, Kind};
use crate::commands::keys;
use crate::commands::options::{ActOptions, Globals, NewOwnerOptions, NodeOptions};
use crate::commands::paths::{Vacant, path};
use crate::commands::settings::Settings;
use crate::commands::transaction::{Desk, Sent};

/// The most bytes that are read of an acceptance; it has some 400.
const MAX_BYTES: u64 = 16 * 1024;

/// Sign that a new owner's key accepts the account
///
/// This is the first half of a handover. Run it where the new key is; it sends nothing. Give the file that it
/// writes to whoever has the old key, for `owner hand-over --acceptance FILE`. The file holds no secret.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness owner create new.json
  session-harness owner accept --network devnet --new-keystore new.json --out acceptance.json")]
pub struct Accept {
    /// The new file to write
    #[arg(long, value_name = "FILE", value_parser = path())]
    out: PathBuf,

    #[command(flatten)]
    new: NewOwnerOptions,
    #[command(flatten)]
    node: NodeOptions,
}

/// Hand the account over to another owner's key
///
/// Both keys sign: the old one signs the transaction, and the new one signs that it accepts, here or
/// elsewhere with `owner accept`. An acceptance does not show that the new key can still be opened. Every
/// session ends. The account's address and what it holds stay. The command asks before it sends, except on a
/// devnet where no session ends. It does nothing if the new key owns the account already.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness owner create next.json
  session-harness owner hand-over --network devnet --new-keystore next.json --yes

With the file that `owner accept` wrote where the new key is:
  session-harness owner hand-over --network devnet --acceptance acceptance.json --yes")]
pub struct HandOver {
    /// The file that `owner accept` wrote, if the new owner's key is elsewhere
    #[arg(long, value_name = "FILE", value_parser = path(), conflicts_with = "new_keystore")]
    acceptance: Option<PathBuf>,

    #[command(flatten)]
    new: NewOwnerOptions,
    #[command(flatten)]
    act: ActOptions,
}

impl Accept {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        // It may be the new key's own keystore.
        let out = Vacant::new(&self.out, "name another file after --out")?;
        let settings = Settings::resolve(globals, &self.node)?;
        let printer = Printer { json: globals.json };
        let chain = Chain::connect(&settings).await?;
        let contract = account::open(&settings, &chain).await?;
        let owner_now = contract.public_key().await?;
        let key = keys::new_owner(&self.new)?;
        let acceptance = Acceptance::sign(contract.address(), owner_now, &key)?;
        out.write(&acceptance)?;
        let answer =
            Answer::new("accepted: the owner hands over with `owner hand-over --acceptance`")
                .was(Outcome::Done)
                .with("file", self.out.display().to_string());
        printer.print(tell(answer, &acceptance))
    }
}

impl HandOver {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        desk.in_block(contract.address(), "get_public_key", &[]).await?;
        let (address, owner_now) = (contract.address(), contract.public_key().await?);
        let acceptance = match &self.acceptance {
            Some(path) => read(path)?,
            None => Acceptance::sign(address, owner_now, &keys::new_owner(&self.new)?)?,
        };
        if acceptance.new_public_key == owner_now && acceptance.account == address {
            let answer =
                Answer::new("already the owner's key: nothing was sent").was(Outcome::Unchanged);
            return desk
                .printer
                .print(answer.felt("account", address).felt("owner_now", owner_now));
        }
        check(&acceptance, address, owner_now)?;

        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let ending = Ending::of(&contract).await;
        let new = hex(acceptance.new_public_key);
        if self.acceptance.is_some() {
            desk.printer.warn(format!(
                "nothing here shows that the key {new} can be opened now: if its keystore or password is \
                 lost, so is the account. Ask who has it first"
            ));
        }
        ending.agree(&desk, &format!("{} goes from its owner's key to {new}", hex(address)))?;
        let sent = owner.send(&desk, "hand the account over", vec![acceptance.call()]).await?;
        let answer = Answer::new(sent.said("handed over"));
        let answer = match &sent {
            Sent::Estimated(_) => tell(answer, &acceptance),
            Sent::Included(_) => answer
                .felt("account", address)
                .felt("owner_before", owner_now)
                .felt("owner_now", acceptance.new_public_key),
        };
        let answer = answer.with("sessions_ended", ending.0).told("from_now_on", afterwards(&sent));
        sent.print(desk.printer, owner.told_payer(&sent, answer))
    }
}

/// Tells what is accepted, and not done yet, by the names that the file has.
fn tell(answer: Answer, acceptance: &Acceptance) -> Answer {
    answer
        .felt("account", acceptance.account)
        .felt("owner_now", acceptance.owner_now)
        .felt("new_public_key", acceptance.new_public_key)
}

fn read(path: &Path) -> Result<Acceptance, Failure> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
        .map_err(|error| Failure::file(path, error))?;
    serde_json::from_str(&text).map_err(|_| {
        Failure::usage(
            format!("{}: it is no acceptance", path.display()),
            "give what `owner accept --out FILE` wrote",
        )
    })
}

/// Refuses an acceptance that the account would refuse: one for another account, one that names another
/// current owner, and one that the new key did not sign.
fn check(acceptance: &Acceptance, address: Felt, owner_now: Felt) -> Result<(), Failure> {
    let what = if acceptance.account != address {
        format!("the acceptance is for {}", hex(acceptance.account))
    } else if acceptance.owner_now != owner_now {
        "the acceptance is from when another key owned the account".to_owned()
    } else if acceptance.is_signed() {
        return Ok(());
    } else {
        "the new key did not sign the acceptance".to_owned()
    };
    Err(Failure::new(Kind::Usage, format!("{what}: nothing was sent"))
        .remedy("have it made again with `owner accept`"))
}

/// Says what the former owner's files are worth after a handover, and what replaces them.
fn afterwards(sent: &Sent) -> Vec<String> {
    match sent {
        Sent::Estimated(_) => Vec::new(),
        Sent::Included(_) => [
            "name the new key by --keystore, STARKNET_KEYSTORE or the profile's `keystore`",
            "make a new file with `session panic --out`: the former owner's works no more",
        ]
        .map(str::to_owned)
        .into(),
    }
}
