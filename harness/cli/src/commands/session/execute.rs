//! `session execute`: calls that a session makes.

use std::time::Duration;

use clap::Args;
use session_client::preflight::{Known, Outside, Plain};
use session_client::{Error, OutsideExecution, Refusal, Rule, State};
use starknet_rust::core::types::{Call, Felt};
use tokio::time::timeout;

use super::actor::{Actor, Deed, no_fees};
use super::shown::Shown;
use crate::commands::abis::{Abis, contract_name, function_name};
use crate::commands::acting::WINDOW;
use crate::commands::answer::Answer;
use crate::commands::clock::when;
use crate::commands::exit::{Failure, Kind};
use crate::commands::options::{Globals, SessionActOptions};
use crate::commands::units::named_by;
use crate::commands::value::{call, hexadecimal};

/// For how long the command asks how many calls are left.
const LOOK: Duration = Duration::from_secs(5);
/// What to do if the session may pay no fees.
const WITHOUT_FEES: &str = "name a --payer, or register a fresh session with a --fee-limit";

/// Make calls with a session key
///
/// The account pays, or another account with --payer. Either all calls are made or none. If the session may
/// not make a call, the command says so and sends nothing.
///
/// If an earlier run's transaction with the same calls may still be included, the command goes on with that
/// one and sends no other. If the node lost it, the command sends the same signed bytes again. With --beside
/// it sends another transaction all the same.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session execute --network devnet --call STRK:transfer:0xbeef,u256:1000")]
pub struct Execute {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    /// A call, as CONTRACT:FUNCTION:ARGUMENT,ARGUMENT with felts or u256:NUMBER; may be given several times
    #[arg(long = "call", value_name = "CALL", value_parser = call, required = true)]
    calls: Vec<Call>,

    /// Make the calls again, even if an earlier run's transaction with the same calls may still be included:
    /// they are then paid twice
    #[arg(long)]
    beside: bool,

    #[command(flatten)]
    act: SessionActOptions,
}

impl Execute {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let actor = Actor::open(globals, self.session_key, self.act).await?;
        let resumed = if self.beside { None } else { actor.resume(&self.calls, false).await? };
        let sent = match resumed {
            Some(sent) => sent,
            None => {
                let State { valid_until, .. } = usable(&actor, &self.calls).await?;
                for call in &self.calls {
                    if let Some(moved) = named_by(&actor.desk.chain, call).await {
                        let (function, on) = (function_name(call.selector), contract_name(call.to));
                        let what = format!("the session calls {on}.{function}: {moved}");
                        actor.desk.printer.note(what);
                    }
                }
                let deed = Deed {
                    words: "make the session's calls",
                    calls: self.calls,
                    without_fees: WITHOUT_FEES,
                    is_ending: false,
                    is_beside: self.beside,
                };
                actor.act(deed, valid_until).await?
            }
        };
        let Actor { desk, contract, session_key, .. } = &actor;
        let session_key = *session_key;
        // The payment is made, whatever the node answers after it.
        let left = match timeout(LOOK, contract.session_status(session_key)).await {
            Ok(Ok(status)) => Some(status.remaining_calls),
            _ => None,
        };
        let answer = Answer::new(sent.said("executed")).felt("session_key", session_key);
        let answer = actor.told_payer(&sent, answer.with("remaining_calls", left));
        sent.print(desk.printer, answer)
    }
}

/// Checks what the account would refuse without saying why, and returns the session.
async fn usable(actor: &Actor, calls: &[Call]) -> Result<State, Failure> {
    let Actor { desk, contract, session_key, .. } = actor;
    let state = contract.state_without_list(*session_key).await?;
    let mut answers = Vec::new();
    if state.as_ref().is_some_and(|it| it.allowed.is_none()) {
        for call in calls {
            answers.push(contract.is_call_allowed(*session_key, call).await?);
        }
    }
    let now = desk.chain.now().await?;
    let known = Known::new(contract.address(), state.as_ref(), now).answered(&answers);
    let valid_until = state.as_ref().map_or(0, |it| it.valid_until);
    let checked = match actor.payer() {
        None => known.plain(&Plain::new(calls, valid_until)),
        Some(payer) => {
            let execution = OutsideExecution::new(calls.to_vec(), now.saturating_add(WINDOW));
            known.outside(&Outside::new(&execution.only_by(payer), valid_until).submitted_by(payer))
        }
    };
    match (checked, state) {
        (Ok(()), Some(state)) => Ok(state),
        (Err(refusal), Some(state)) => {
            let unlisted = calls.iter().zip(answers).find(|(_, is_allowed)| !is_allowed);
            Err(foretold(actor, refusal, &state, unlisted.map(|(call, _)| call)).await)
        }
        (_, None) => Err(refused(
            "the account has no such session",
            "register it, or if it was ended, create and register a fresh key",
        )),
    }
}

/// Returns why the account would refuse; `unlisted` is the first call that is not on the session's list.
async fn foretold(
    actor: &Actor,
    refusal: Refusal,
    state: &State,
    unlisted: Option<&Call>,
) -> Failure {
    let desk = &actor.desk;
    let another = "create a fresh session key and register that";
    match (refusal.rule(), unlisted) {
        (Some(Rule::Expired), _) => {
            // The node gave its time a moment ago, so this rarely fails.
            let now = desk.chain.now().await.unwrap_or(state.valid_until);
            refused(&format!("the session ended at {}", when(state.valid_until, now)), another)
        }
        (Some(Rule::Exhausted), _) => {
            refused(&format!("the session has used up its {} calls", state.max_calls), another)
        }
        (Some(Rule::OverFeeLimit), _) => no_fees(WITHOUT_FEES),
        (Some(Rule::SelfCall), _) => refused(
            "a session may call nothing on its own account but its end, in a batch of its own",
            "have the owner call it; `session end` ends the session",
        ),
        (Some(Rule::BlockedSelector), _) => {
            refused("no session may call this function on any contract", "have the owner call it")
        }
        (Some(Rule::CallNotAllowed), Some(call)) => not_allowed(actor, call).await,
        _ => Error::Refused(refusal).into(),
    }
}

/// Makes the failure of `call`, which is not on the session's list; it says what the session may call
/// instead.
async fn not_allowed(actor: &Actor, call: &Call) -> Failure {
    let Actor { desk, contract, session_key, .. } = actor;
    let status = "`session status` shows what it may call";
    let shown = Shown::find(contract, *session_key).await;
    let mut abis = Abis::new(&desk.chain);
    let mut pinned = Vec::new();
    for entry in shown.calls() {
        if (entry.to, entry.selector) == (call.to, call.selector) {
            pinned.push(abis.words_of(entry).await);
        }
    }
    if pinned.is_empty() {
        let (function, to) = (function_name(call.selector), contract_name(call.to));
        return refused(&format!("the session may not call {to}.{function}"), status);
    }
    refused(&format!("the session may only call {}", pinned.join(", or ")), status)
}

fn refused(what: &str, remedy: &str) -> Failure {
    Failure::new(Kind::Account, format!("{what}: nothing was sent")).remedy(remedy)
}
