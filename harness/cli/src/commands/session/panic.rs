//! `session panic`: the end of all sessions, signed ahead for anybody to submit.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use session_client::{Caller, OutsideExecution, SessionContract, SignedOutsideExecution};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;

use crate::commands::answer::{Answer, Outcome};
use crate::commands::clock::when;
use crate::commands::ending::Ending;
use crate::commands::exit::{Failure, Kind};
use crate::commands::intent::Intent;
use crate::commands::options::{FeeOptions, Globals, NodeOptions, OwnerOptions};
use crate::commands::owner::Owner;
use crate::commands::paths::{Vacant, path};
use crate::commands::transaction::Desk;
use crate::commands::value::duration;

/// The most bytes that are read of such a file; it has some 700.
const MAX_BYTES: u64 = 16 * 1024;

/// Sign the end of all sessions in advance, for anybody to send when the owner's key is out of reach
///
/// With --out the owner signs it, and nothing is sent. Keep the file with somebody whom you can reach by
/// phone. With --submit whoever has the file sends it from an account of their own (--account and
/// --keystore), and that account pays. It ends every session that there is at that time. It works once,
/// whoever sends it, until its time window closes, and can do nothing else. But whoever has the file can end
/// all sessions at any time. Make a new file when it was sent, or when the account has another owner's key:
/// --submit of a file that was sent already fails while a later session is active.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session panic --network devnet --out panic.json

From another account, with its key; panic.json names the account whose sessions end:
  session-harness session panic --network sepolia --rpc URL --submit panic.json \
    --account 0xADDRESS --keystore helper.json")]
pub struct Panic {
    /// Sign the end of all sessions into this new file
    #[arg(long, value_name = "FILE", value_parser = path(), required_unless_present = "submit",
          conflicts_with_all = ["max_fee", "tip", "nonce", "dry_run"])]
    out: Option<PathBuf>,

    /// Send what such a file holds
    #[arg(long, value_name = "FILE", value_parser = path(), conflicts_with_all = ["out", "window"])]
    submit: Option<PathBuf>,

    /// For how long the file can be used
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "365d")]
    window: u64,

    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    owner: OwnerOptions,
    #[command(flatten)]
    fee: FeeOptions,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Prepared {
    chain_id: Felt,
    #[serde(flatten)]
    signed: SignedOutsideExecution,
}

impl Panic {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let Self { out, submit, window, node, owner, fee } = self;
        let desk = Desk::open(globals, &node, fee).await?;
        match (out, submit) {
            (_, Some(path)) => send(&desk.for_ending(), &owner, &path).await,
            (Some(path), None) => prepare(&desk, &owner, window, &path).await,
            (None, None) => Err(Failure::usage("nothing is to be done", "give --out or --submit")),
        }
    }
}

async fn prepare(
    desk: &Desk,
    owner: &OwnerOptions,
    window: u64,
    path: &Path,
) -> Result<(), Failure> {
    let out = Vacant::new(
        path,
        "name another one after --out; what a former one holds works until its own end",
    )?;
    let owner = Owner::open(desk, owner, None).await?;
    let contract = owner.account.contract();
    let now = desk.chain.now().await?;
    let until = now.saturating_add(window);
    let ending = OutsideExecution::new(vec![contract.revoke_all_sessions()], until);
    // The account must accept this before it is stored for the day on which it is needed.
    if !takes(&contract, ending.nonce).await? {
        let what = "the account does not accept a new outside execution: nothing was signed";
        let remedy = "ask another node; if it says the same, `verify` the account's class";
        return Err(Failure::new(Kind::Account, what).remedy(remedy));
    }
    let signed = owner.account.sign(ending)?;
    let prepared = Prepared { chain_id: desk.chain.node.chain_id(), signed };
    out.write(&prepared)?;
    desk.printer.print(
        Answer::new("signed: whoever has the file can end all sessions, and nothing else")
            .was(Outcome::Done)
            .felt("account", contract.address())
            .with("file", path.display().to_string())
            .told("until", when(until, now))
            .data("execute_before", until),
    )
}

async fn send(desk: &Desk, options: &OwnerOptions, path: &Path) -> Result<(), Failure> {
    let Prepared { chain_id, signed } = read(path)?;
    let contract = SessionContract::new(signed.account, desk.chain.node.clone());
    let refused = |what: &str| {
        Failure::usage(
            format!("{}: {what}: nothing was sent", path.display()),
            "have the owner make another one with `session panic --out`, or `session revoke-all`",
        )
    };
    let OutsideExecution { caller, nonce, execute_before, calls, .. } = &signed.outside_execution;
    if *caller != Caller::Any || calls[..] != [contract.revoke_all_sessions()] {
        return Err(refused("it is not the end of all sessions, for anybody to send"));
    }
    if chain_id != desk.chain.node.chain_id() {
        return Err(refused("it is for another chain"));
    }
    if desk.chain.now().await? >= *execute_before {
        return Err(refused("its window is closed"));
    }
    desk.in_block(signed.account, "is_valid_outside_execution_nonce", &[*nonce]).await?;
    if !takes(&contract, *nonce).await? {
        return used(desk, &contract).await;
    }
    let payer = Owner::open(desk, options, None).await?.account;
    if payer.address() == signed.account {
        return Err(Failure::usage(
            "the account cannot send its own: nothing was sent",
            "name another account that pays, or run `session revoke-all`",
        ));
    }
    let make = || payer.execute_v3(vec![signed.call()]);
    let intent = Intent {
        account: signed.account,
        payer: payer.address(),
        session_key: None,
        calls,
        is_ending: true,
    };
    let sent = desk.send(&intent, "end all sessions", make, None).await.map_err(stale)?;
    let answer = Answer::new(sent.said("all revoked")).felt("account", signed.account);
    sent.print(desk.printer, answer.felt("payer", payer.address()))
}

/// Answers if the file was sent already: it does not end sessions that were registered after that.
async fn used(desk: &Desk, contract: &SessionContract) -> Result<(), Failure> {
    const REMEDY: &str = "have the owner run `session revoke-all`, or sign another file with `session panic \
                          --out`, and send that one";
    let unknown = |why: &str| {
        let what = format!(
            "already sent, and the node does not show whether a session is active{why}: nothing was sent"
        );
        Err(Failure::new(Kind::Network, what).remedy(format!("ask another node; or {REMEDY}")))
    };
    if let Some(behind) = desk.chain.behind().await? {
        return unknown(&format!(" now: it is {behind}"));
    }
    // The account had sessions, or nobody would have sent the file: this node's events do not reach back.
    if contract.registered(0).await.is_ok_and(|it| it.is_empty()) {
        return unknown("");
    }
    let active = match Ending::of(contract).await.0 {
        None => return unknown(""),
        Some(0) => {
            let answer = Answer::new("already sent, and no session is active: nothing was sent")
                .was(Outcome::Unchanged)
                .felt("account", contract.address());
            return desk.printer.print(answer);
        }
        Some(1) => "1 session is active".to_owned(),
        Some(count) => format!("{count} sessions are active"),
    };
    let what = format!("already sent, and {active}: nothing was sent");
    Err(Failure::new(Kind::Account, what).remedy(REMEDY))
}

/// Asks whether the account accepts outside executions, and this nonce.
async fn takes(contract: &SessionContract, nonce: Felt) -> Result<bool, Failure> {
    Ok(contract.is_valid_outside_execution_nonce(nonce).await?)
}

fn read(path: &Path) -> Result<Prepared, Failure> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
        .map_err(|error| Failure::file(path, error))?;
    serde_json::from_str(&text).map_err(|_| {
        Failure::new(Kind::Usage, format!("{}: it holds nothing that was signed", path.display()))
            .remedy("give what `session panic --out FILE` wrote")
    })
}

/// Says what to do if the account refuses the file: most likely another key has become its owner.
fn stale(failure: Failure) -> Failure {
    if !failure.is_of_the_account() {
        return failure;
    }
    failure.remedy(
        "the account's owner may have changed since the file was signed: ask the owner for a new file, or to run \
         `session revoke-all`",
    )
}
