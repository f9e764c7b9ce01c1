//! `doctor`: whether all is there that the other commands need, and what to do about what is not.

use clap::Args;
use serde_json::json;
use session_client::felt::selector;
use session_client::network::chain_name;
use session_client::{Error, Fri, Owner, Quote, SessionContract, class, token};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;

use super::account;
use super::answer::{Answer, Printer, hex};
use super::chain::Chain;
use super::class::ClassOptions;
use super::exit::{Failure, Kind};
use super::options::{Globals, NodeOptions};
use super::settings::Settings;
use super::transaction::told;

/// The version of Starknet's JSON-RPC specification that this client speaks.
const SPEC: &str = "0.10.";

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
            spec(&chain).await?,
        ];
        if let Some(origin) = &settings.origin {
            lines.push(Line::good("profile", origin.display().to_string()));
        }

        let class_hash = build.artifact.class_hash;
        let is_declared = chain.is_declared(class_hash).await?;
        lines.push(if is_declared {
            Line::good("class", format!("{} is declared", hex(class_hash)))
        } else {
            Line::bad("class", format!("{} is not declared", hex(class_hash)), "run `declare`")
        });
        if settings.account.is_some() {
            let address = account::address(&settings, &chain.network)?;
            lines.extend(
                of_account(&chain, address, &chain.form_of(&build.artifact).await, is_declared)
                    .await?,
            );
        } else {
            let how = "give --account, set STARKNET_ACCOUNT, or write it into the profile";
            lines.push(Line::bad("account", "none is named".to_owned(), how));
        }
        tell(globals.json, &lines)
    }
}

async fn spec(chain: &Chain) -> Result<Line, Failure> {
    let version = chain.node.spec_version().await.map_err(Error::from)?;
    let found = format!("the node speaks JSON-RPC {version}");
    Ok(if version.starts_with(SPEC) {
        Line::good("specification", found)
    } else {
        let remedy = format!("use a node's URL for version {SPEC}x; often it ends in /rpc/v0_10");
        Line::bad("specification", found, remedy)
    })
}

async fn of_account(
    chain: &Chain,
    address: Felt,
    class: &class::Artifact,
    is_declared: bool,
) -> Result<Vec<Line>, Failure> {
    let place = hex(address);
    let Some(class_of_account) = chain.class_of(address).await? else {
        let line = Line::bad(
            "account",
            format!("there is none at {place}"),
            "check the address and the network; `deploy` deploys an account",
        );
        return Ok(vec![line]);
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
        Err(error) => return Err(error.into()),
    };
    Ok(vec![account, owner, balance(chain, address, class, is_declared).await?])
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
