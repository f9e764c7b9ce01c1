//! `declare`: declares the account's class.

use std::time::Duration;

use clap::Args;
use session_client::class::Meter;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;

use super::answer::{Answer, Outcome, hex};
use super::class::{Build, ClassOptions};
use super::deployments::{Class, Deployments, Made};
use super::exit::Failure;
use super::intent::Intent;
use super::options::{FeeOptions, Globals, NodeOptions, OwnerOptions};
use super::owner::Owner;
use super::transaction::{Desk, Sent};

/// Declare the account's class
///
/// The command does nothing if the class is declared. If it is interrupted and run again, it goes on from
/// what is on chain. A devnet gets the class in a form that it meters in Sierra gas, as networks do; the hash
/// is the same.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness declare --network devnet --dry-run
  session-harness declare --network devnet --max-fee 10")]
pub struct Declare {
    #[command(flatten)]
    class: ClassOptions,
    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    owner: OwnerOptions,
    #[command(flatten)]
    fee: FeeOptions,
}

impl Declare {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let build = self.class.build()?;
        let class_hash = build.artifact.class_hash;
        let desk = Desk::open(globals, &self.node, self.fee).await?;
        let chain = &desk.chain;
        let mut deployments = Deployments::open(&desk)?;
        let answer = |said: String| {
            Answer::new(said)
                .felt("class_hash", class_hash)
                .felt("compiled_class_hash", build.artifact.compiled_class_hash)
                .with("compiler", build.compiler.as_str())
                .with("network", chain.network.to_string())
        };

        if chain.is_declared_in_block(class_hash).await? {
            if !desk.fee.dry_run {
                deployments.record_class(class_hash, entry(&build, Made::default(), true))?;
            }
            let answer =
                answer("already declared: nothing was sent".to_owned()).was(Outcome::Unchanged);
            return desk.printer.print(metered(&desk, class_hash, answer).await?);
        }
        let limit = Duration::from_secs(desk.settings.wait.timeout);
        let resumed = if desk.fee.dry_run {
            None
        } else {
            desk.resume(deployments.declaration(class_hash)).await?
        };
        let sent = match resumed {
            Some(sent) => sent,
            None => {
                let owner = Owner::open(&desk, &self.owner, None).await?;
                let artifact = chain.form_of(&build.artifact).await?;
                let (class, hash) = (artifact.class, artifact.compiled_class_hash);
                let make = || owner.account.declare_v3(class.clone(), hash);
                let payer = owner.account.address();
                let record = |hash| {
                    let class = entry(&build, Made::sent(hash, payer), false);
                    deployments.record_class(class_hash, class)
                };
                let sent = desk
                    .send_recorded(&Intent::of(payer), "declare the class", make, None, record)
                    .await;
                match sent {
                    // Another transaction declared the class first: one of an earlier run that the network
                    // had held back, or somebody else's.
                    Err(failure)
                        if failure.is_of_the_chain() && chain.comes(class_hash, limit).await? =>
                    {
                        deployments
                            .record_class(class_hash, entry(&build, Made::default(), true))?;
                        let answer = answer("already declared by another transaction".to_owned())
                            .was(Outcome::Unchanged);
                        return desk.printer.print(metered(&desk, class_hash, answer).await?);
                    }
                    sent => sent?,
                }
            }
        };

        if let Sent::Included(outcome) = &sent {
            let class = entry(&build, Made::included(outcome), true);
            sent.then(deployments.record_class(class_hash, class))?;
        }
        let answer = answer(sent.said("declared"));
        let answer = sent.then(metered(&desk, class_hash, answer).await)?;
        sent.print(desk.printer, answer)
    }
}

/// Adds to `answer` how a devnet meters the class, and warns if that is not as networks do.
async fn metered(desk: &Desk, class_hash: Felt, answer: Answer) -> Result<Answer, Failure> {
    let Some(meter) = desk.chain.meter_of(class_hash).await? else { return Ok(answer) };
    if meter == Meter::CairoSteps {
        desk.printer.warn(
            "this devnet first got the class in another form, and meters it in Cairo steps, so fees \
             here differ from a network's; start a fresh devnet and run `declare` there",
        );
    }
    let name = match meter {
        Meter::SierraGas => "sierra_gas",
        Meter::CairoSteps => "cairo_steps",
    };
    Ok(answer.told("metered_in", meter.to_string()).data("metered_in", name))
}

fn entry(build: &Build, made: Made, is_declared: bool) -> Class {
    Class {
        compiled_class_hash: hex(build.artifact.compiled_class_hash),
        made,
        is_declared,
        compiler: build.compiler.clone(),
        sources_sha256: build.sources_sha256.clone(),
    }
}
