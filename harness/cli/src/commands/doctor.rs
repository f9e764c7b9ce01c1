//! `doctor`: checks that everything is in order that the other commands need, and says what to do about the
//! rest.

use std::pin::pin;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use session_client::felt::selector;
use session_client::network::chain_name;
use session_client::{
    Error, Fri, NEXT_BLOCK, Owner, Quote, SessionContract, authority, class, token,
};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt, MaybePreConfirmedBlockWithTxHashes};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;
use tokio::time::{Instant, timeout, timeout_at};

use super::account;
use super::answer::{Answer, Printer, hex};
use super::chain::Chain;
use super::class::ClassOptions;
use super::clock::until;
use super::exit::{Failure, Kind};
use super::options::{Globals, NodeOptions};
use super::settings::Settings;
use super::table::Table;
use super::terminal::printable;
use super::transaction::told;

/// The version of Starknet's JSON-RPC specification that this client speaks.
const SPEC: (u32, u32) = (0, 10);
/// The first version with pre-confirmed blocks.
const PRE_CONFIRMED: (u32, u32) = (0, 9);

/// The shortest and the longest time to wait for a node, whatever --timeout says. Somebody who asks what is
/// wrong should soon hear that the node does not answer.
const SHORTEST: Duration = Duration::from_secs(3);
const LONGEST: Duration = Duration::from_secs(15);
/// After this time the command says that it waits for the node.
const SOON: Duration = Duration::from_secs(2);

/// Check the node, the class, the account and its balance
///
/// The command says what to do about each problem; the exit code is then 1. It sends nothing and needs no
/// key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness doctor --network devnet
  session-harness doctor --network devnet --for declare")]
pub struct Doctor {
    /// What the account is to do next
    #[arg(long = "for", value_name = "PURPOSE", value_enum, default_value_t = Purpose::Sessions)]
    purpose: Purpose,

    #[command(flatten)]
    class: ClassOptions,
    #[command(flatten)]
    node: NodeOptions,
}

/// What a node and an account are checked for.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// The account declares the class; any account with STRK can
    Declare,
    /// The account deploys another one; the class must be declared
    Deploy,
    /// The account has sessions; it must be of the session account's class
    Sessions,
}

struct Line {
    check: &'static str,
    found: String,
    /// The same information for scripts, as far as it is data.
    data: Vec<(&'static str, Value)>,
    /// What to do about the problem; `None` if all is in order.
    remedy: Option<String>,
}

impl Line {
    const fn good(check: &'static str, found: String) -> Self {
        Self { check, found, data: Vec::new(), remedy: None }
    }

    fn bad(check: &'static str, found: String, remedy: impl Into<String>) -> Self {
        Self { check, found, data: Vec::new(), remedy: Some(remedy.into()) }
    }

    fn with(mut self, name: &'static str, data: impl Into<Value>) -> Self {
        self.data.push((name, data.into()));
        self
    }
}

impl Doctor {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let build = self.class.build()?;
        let mut settings = Settings::resolve(globals, &self.node)?;
        settings.wait.timeout = settings.wait.timeout.min(LONGEST.as_secs());
        let limit = Duration::from_secs(settings.wait.timeout).clamp(SHORTEST, LONGEST);
        let limit = Limit { end: Instant::now() + limit, whole: limit };
        let chain = reach(&settings, limit.whole).await?;
        let named = format!("{} answers; its URL is from {}", chain.name(), settings.origin);
        let chain_id = chain_name(chain.node.chain_id());
        let mut lines = vec![
            Line::good("node", named).with("network", chain.network.to_string()),
            Line::good("chain id", chain_id.clone()).with("chain_id", chain_id),
            told_or("specification", limit.of(spec(&chain)).await),
            told_or("last block", limit.of(last_block(&chain)).await),
            told_or("next block", limit.of(next_block(&chain)).await),
        ];

        let class_hash = build.artifact.class_hash;
        let is_declared = limit.of(chain.is_declared(class_hash)).await;
        let of_class = match &is_declared {
            Ok(true) => Line::good("class", format!("{} is declared", hex(class_hash))),
            Ok(false) if self.purpose == Purpose::Declare => {
                Line::good("class", format!("{} is not declared yet", hex(class_hash)))
            }
            Ok(false) => {
                Line::bad("class", format!("{} is not declared", hex(class_hash)), "run `declare`")
            }
            Err(failure) => unasked("class", failure),
        };
        lines.push(of_class.with("class_hash", hex(class_hash)));
        if settings.account.is_some() {
            let asked = async {
                let address = account::address(&settings, &chain).await?;
                Ok((address, chain.form_of(&build.artifact).await?))
            };
            match limit.of(asked).await {
                Ok((address, class)) => {
                    let asked = Asked { chain: &chain, address, limit };
                    let is_declared = is_declared.unwrap_or(true);
                    lines.extend(of_account(&asked, &class, is_declared, self.purpose).await);
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

/// How long a node is waited for with all that it is asked, and not with each question.
#[derive(Debug, Clone, Copy)]
struct Limit {
    end: Instant,
    whole: Duration,
}

impl Limit {
    /// Waits for the answer until the end.
    async fn of<T>(self, asked: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        timeout_at(self.end, asked).await.unwrap_or_else(|_| {
            let seconds = self.whole.as_secs();
            let what = format!("the node did not answer all within {seconds} s");
            Err(Failure::new(Kind::Network, what))
        })
    }
}

/// The account that a node is asked about.
struct Asked<'a> {
    chain: &'a Chain,
    address: Felt,
    limit: Limit,
}

/// Connects to the node within `limit`, and says so if the node takes long to answer.
async fn reach(settings: &Settings, limit: Duration) -> Result<Chain, Failure> {
    let node = authority(&settings.url);
    let mut connecting = pin!(Chain::connect(settings));
    if let Ok(chain) = timeout(SOON, &mut connecting).await {
        return chain;
    }
    let printer = Printer { json: settings.json };
    let seconds = limit.as_secs();
    printer
        .note(format!("{node} does not answer yet: it is waited for until {seconds} s are over"));
    timeout(limit - SOON, connecting).await.unwrap_or_else(|_| {
        let what = format!("the node at {node} did not answer within {seconds} s");
        Err(Failure::new(Kind::Network, what).remedy(format!(
            "check the URL, which is from {}; or ask another node",
            settings.origin
        )))
    })
}

/// Returns `line`, or a line that says that the node does not answer this. The other checks go on.
fn told_or(check: &'static str, line: Result<Line, Failure>) -> Line {
    line.unwrap_or_else(|failure| unasked(check, &failure))
}

fn unasked(check: &'static str, failure: &Failure) -> Line {
    Line::bad(check, format!("not known: {}", failure.what()), "ask again, or another node")
}

async fn spec(chain: &Chain) -> Result<Line, Failure> {
    let version = printable(&chain.node.spec_version().await.map_err(Error::from)?);
    let found = format!("the node speaks JSON-RPC {version}");
    let of = |line: Line| line.with("version", version.to_string());
    let mut numbers = version.split('.').map(str::parse);
    let spoken = match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (0, 0),
    };
    let why = match spoken {
        SPEC => return Ok(of(Line::good("specification", found))),
        older if older < PRE_CONFIRMED => ", which knows no pre-confirmed blocks",
        older if older < SPEC => ", older than this client",
        _ => ", newer than this client",
    };
    let (major, minor) = SPEC;
    let remedy =
        format!("use a node's URL for version {major}.{minor}; often it ends in /rpc/v0_10");
    Ok(of(Line::bad("specification", format!("{found}{why}"), remedy)))
}

async fn last_block(chain: &Chain) -> Result<Line, Failure> {
    let check = "last block";
    // A node whose clock is ahead is an error, since no session's end can be computed from its time.
    let time = chain.now().await?;
    let number = chain.node.block_number().await.map_err(Error::from)?;
    Ok(match chain.behind().await? {
        None => Line::good(check, format!("{number}; the next one sees {}", until(time, time))),
        Some(behind) => {
            let remedy = "use another node until this one has caught up";
            Line::bad(check, format!("{number}, {behind}"), remedy)
        }
    }
    .with("last_block", number)
    .with("chain_time", time))
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
    asked: &Asked<'_>,
    class: &class::Artifact,
    is_declared: bool,
    purpose: Purpose,
) -> Vec<Line> {
    let Asked { chain, address, limit } = *asked;
    let place = hex(address);
    let class_of_account = match limit.of(chain.class_of(address)).await {
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
    } else if purpose != Purpose::Sessions {
        Line::good("account", found)
    } else {
        let remedy = "it can declare and deploy; to have sessions, `upgrade` it";
        Line::bad("account", format!("{found}, not the session account"), remedy)
    };
    let account = account.with("account", place).with("class_now", hex(class_of_account));
    let contract = SessionContract::new(address, chain.node.clone());
    let owner = async {
        match contract.public_key().await {
            Ok(key) => Ok(Line::good("owner", hex(key)).with("owner_now", hex(key))),
            Err(Error::Refused(_)) => {
                Ok(Line::good("owner", "the account does not say".to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    };
    let owner = told_or("owner", limit.of(owner).await);
    let balance = balance(chain, address, class, is_declared);
    let balance = told_or("balance", limit.of(balance).await);
    vec![account, owner, balance]
}

/// Says whether the account can pay for the next step: the declaration, or else a transfer. The estimate is
/// made without the account's key, so it leaves validation out.
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
    let line = if balance >= quote.most {
        Line::good("balance", found)
    } else {
        let missing = quote.most - balance;
        Line::bad("balance", found, format!("send at least {missing} to {}", hex(address)))
    };
    let amount = |fri: Fri| json!(fri.0.to_string());
    Ok(line.with("balance", amount(balance)).with("most_fee", amount(quote.most)))
}

fn tell(is_json: bool, lines: &[Line]) -> Result<(), Failure> {
    let printer = Printer { json: is_json };
    let bad: Vec<_> = lines.iter().filter(|line| line.remedy.is_some()).collect();
    let said = match bad.len() {
        0 => "all is in order".to_owned(),
        count => format!("{count} to put right"),
    };
    let mut table = Table::new(&["check", "", "found"]);
    let mut rows = Vec::new();
    for Line { check, found, data, remedy } in lines {
        let mut cell = vec![found.clone()];
        cell.extend(remedy.iter().map(|remedy| format!("what to do: {remedy}")));
        let mark = if remedy.is_none() { "ok" } else { "NOT OK" };
        table.push([vec![(*check).to_owned()], vec![mark.to_owned()], cell]);
        let name = check.replace(' ', "_");
        let fields = [("check", json!(name)), ("ok", json!(remedy.is_none()))].into_iter();
        let fields = fields.chain(data.iter().cloned());
        rows.push(fields.map(|(name, value)| (name.to_owned(), value)).collect::<Value>());
    }
    printer.print(Answer::new(said.clone()).told("checks", table).data("checks", rows))?;
    if bad.is_empty() {
        return Ok(());
    }
    let told = |line: &&Line| {
        let remedy = line.remedy.as_deref().unwrap_or_default();
        format!("{}: {}: {remedy}", line.check, line.found)
    };
    let remedies: Vec<_> = bad.iter().map(told).collect();
    let remedy = if is_json { remedies.join(" | ") } else { "see the lines above".to_owned() };
    Err(Failure::new(Kind::Check, said).remedy(remedy))
}
