//! `doctor`: whether all is there that the other commands need, and what to do about what is not.

use clap::Args;
use serde_json::json;
use session_client::felt::selector;
use session_client::network::chain_name;
use session_client::{Error, Fri, NEXT_BLOCK, Owner, Quote, SessionContract, class, token};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt, MaybePreConfirmedBlockWithTxHashes};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;

use super::account;
use super::answer::{Answer, Printer, hex};
use super::chain::Chain;
use super::class::ClassOptions;
use super::exit::{Failure, Kind};
use super::options::{Globals, NodeOptions};
use super::settings::Settings;
use super::terminal::printable;
use super::transaction::told;

/// The version of Starknet's JSON-RPC specification that this client speaks.
const SPEC: (u32, u32) = (0, 10);
/// The first version with pre-confirmed blocks.
const PRE_CONFIRMED: (u32, u32) = (0, 9);

/// Check the node, the class, the account and its balance
///
/// Says what to do about what is not in order; the exit code is then 1. Sends nothing, needs no key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness doctor --network devnet")]
pub struct Doctor {
    #[command(flatten)]
    class: ClassOptions,
    #[command(flatten)]
    node: NodeOptions,
}

struct Line {
    check: &'static str,
    found: String,
    /// What to do about it, unless it is in order.
    remedy: Option<String>,
}

impl Line {
    const fn good(check: &'static str, found: String) -> Self {
        Self { check, found, remedy: None }
    }

    fn bad(check: &'static str, found: String, remedy: impl Into<String>) -> Self {
        Self { check, found, remedy: Some(remedy.into()) }
    }
}

impl Doctor {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let build = self.class.build()?;
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let mut lines = vec![
            Line::good("node", format!("{} answers", chain.name())),
            Line::good("chain id", chain_name(chain.node.chain_id())),
            told_or("specification", spec(&chain).await),
            told_or("last block", last_block(&chain).await),
            told_or("next block", next_block(&chain).await),
        ];
        if let Some(origin) = &settings.origin {
            lines.push(Line::good("profile", origin.display().to_string()));
        }

        let class_hash = build.artifact.class_hash;
        let is_declared = chain.is_declared(class_hash).await;
        lines.push(match &is_declared {
            Ok(true) => Line::good("class", format!("{} is declared", hex(class_hash))),
            Ok(false) => {
                Line::bad("class", format!("{} is not declared", hex(class_hash)), "run `declare`")
            }
            Err(failure) => unasked("class", failure),
        });
        if settings.account.is_some() {
            match account::address(&settings, &chain).await {
                Ok(address) => {
                    let class = chain.form_of(&build.artifact).await;
                    let is_declared = is_declared.unwrap_or(true);
                    lines.extend(of_account(&chain, address, &class, is_declared).await);
                }
                Err(failure) => lines.push(unasked("account", &failure)),
            }
        } else {
            let how = "give --account, set STARKNET_ACCOUNT, or write it into the profile";
            lines.push(Line::bad("account", "none is named".to_owned(), how));
        }
        tell(globals.json, &lines)
    }
}

/// Returns the line, or that the node does not say: the other lines are told all the same.
fn told_or(check: &'static str, line: Result<Line, Failure>) -> Line {
    line.unwrap_or_else(|failure| unasked(check, &failure))
}

fn unasked(check: &'static str, failure: &Failure) -> Line {
    Line::bad(check, format!("not known: {}", failure.what()), "ask again, or another node")
}

async fn spec(chain: &Chain) -> Result<Line, Failure> {
    let version = printable(&chain.node.spec_version().await.map_err(Error::from)?);
    let found = format!("the node speaks JSON-RPC {version}");
    let mut numbers = version.split('.').map(str::parse);
    let spoken = match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (0, 0),
    };
    let why = match spoken {
        SPEC => return Ok(Line::good("specification", found)),
        older if older < PRE_CONFIRMED => ", which knows no pre-confirmed blocks",
        older if older < SPEC => ", older than this client",
        _ => ", newer than this client",
    };
    let (major, minor) = SPEC;
    let remedy =
        format!("use a node's URL for version {major}.{minor}; often it ends in /rpc/v0_10");
    Ok(Line::bad("specification", format!("{found}{why}"), remedy))
}

async fn last_block(chain: &Chain) -> Result<Line, Failure> {
    let check = "last block";
    // Ahead it is a failure: no session's end can be counted from it.
    let time = chain.now().await?;
    let number = chain.node.block_number().await.map_err(Error::from)?;
    Ok(match chain.behind().await? {
        None => Line::good(check, format!("{number}; the next one sees the time {time}")),
        Some(behind) => {
            let remedy = "use another node until this one has caught up";
            Line::bad(check, format!("{number}, {behind}"), remedy)
        }
    })
}

async fn next_block(chain: &Chain) -> Result<Line, Failure> {
    let check = "next block";
    let block = chain.node.get_block_with_tx_hashes(NEXT_BLOCK).await.map_err(Error::from)?;
    Ok(match block {
        MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(_) => {
            Line::good(check, "the node shows what is pre-confirmed".to_owned())
        }
        MaybePreConfirmedBlockWithTxHashes::Block(_) => Line::bad(
            check,
            "the node shows no pre-confirmed block, so that each step waits for a block".to_owned(),
            "ask again in a minute; if it stays so, use another node",
        ),
    })
}

async fn of_account(
    chain: &Chain,
    address: Felt,
    class: &class::Artifact,
    is_declared: bool,
) -> Vec<Line> {
    let place = hex(address);
    let class_of_account = match chain.class_of(address).await {
        Ok(Some(class_of_account)) => class_of_account,
        Ok(None) => {
            let found = format!("there is none at {place}");
            let remedy = "check the address and the network; `deploy` deploys an account";
            return vec![Line::bad("account", found, remedy)];
        }
        Err(failure) => return vec![unasked("account", &failure)],
    };
    let found = format!("{place} is of the class {}", hex(class_of_account));
    let account = if class_of_account == class.class_hash {
        Line::good("account", format!("{found}, the session account"))
    } else {
        let remedy = "it can declare and deploy; to have sessions, `upgrade` it";
        Line::bad("account", format!("{found}, not the session account"), remedy)
    };
    let contract = SessionContract::new(address, chain.node.clone());
    let owner = match contract.public_key().await {
        Ok(key) => Line::good("owner", hex(key)),
        Err(Error::Refused(_)) => Line::good("owner", "the account does not say".to_owned()),
        Err(error) => unasked("owner", &error.into()),
    };
    let balance = told_or("balance", balance(chain, address, class, is_declared).await);
    vec![account, owner, balance]
}

/// Says whether the account can pay for what comes next: the declaration, or else a transfer. Estimated
/// without its key, so validation is not counted here.
async fn balance(
    chain: &Chain,
    address: Felt,
    class: &class::Artifact,
    is_declared: bool,
) -> Result<Line, Failure> {
    let nobody = SigningKey::from_secret_scalar(Felt::ONE);
    let account = Owner::new(chain.node.clone(), address, nobody);
    let (deed, simulated) = if is_declared {
        let nothing = Call {
            to: token::STRK,
            selector: selector("transfer"),
            calldata: vec![address, Felt::ZERO, Felt::ZERO],
        };
        ("a transfer", account.execute_v3(vec![nothing]).simulate(true, true).await)
    } else {
        let declaration = account.declare_v3(class.class.clone(), class.compiled_class_hash);
        ("the declaration", declaration.simulate(true, true).await)
    };
    let quote = Quote::new(&simulated.map_err(Error::from)?.fee_estimation, 0, None)?;
    let balance = Fri(token::balance(&chain.node, token::STRK, address).await?);
    let found = format!("{balance}; {deed} is {}", told(&quote));
    Ok(if balance >= quote.most {
        Line::good("balance", found)
    } else {
        let missing = quote.most - balance;
        Line::bad("balance", found, format!("send at least {missing} to {}", hex(address)))
    })
}

fn tell(is_json: bool, lines: &[Line]) -> Result<(), Failure> {
    let bad = lines.iter().filter(|line| line.remedy.is_some()).count();
    let said = if bad == 0 { "all is in order".to_owned() } else { format!("{bad} to put right") };
    if is_json {
        let rows: Vec<_> = lines
            .iter()
            .map(|Line { check, found, remedy }| {
                json!({
                    "check": check, "found": found, "ok": remedy.is_none(), "remedy": remedy,
                })
            })
            .collect();
        Printer { json: true }.print(Answer::new(said.clone()).with("checks", rows))?;
    } else {
        let answer = lines.iter().fold(Answer::new(said.clone()), |answer, line| {
            let Line { check, found, remedy } = line;
            let found = match remedy {
                None => found.clone(),
                Some(remedy) => format!("NOT IN ORDER: {found}. What to do: {remedy}"),
            };
            answer.with(check, found)
        });
        Printer { json: false }.print(answer)?;
    }
    if bad == 0 {
        return Ok(());
    }
    Err(Failure::new(Kind::Check, said).remedy("see the lines above"))
}
