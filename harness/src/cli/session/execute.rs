use clap::Args;
use session_harness::{SessionContract, SessionStatus, is_blocked, is_self_ending};
use starknet_rust_core::types::{Call, Felt};

use super::actor::Actor;
use super::shown::Shown;
use crate::cli::abis::{Abis, contract_name, function_name};
use crate::cli::answer::Answer;
use crate::cli::chain::{Chain, Node};
use crate::cli::exit::{Failure, Kind};
use crate::cli::options::{Globals, SessionActOptions};
use crate::cli::value::{call, hexadecimal};

/// Make calls with a session key
///
/// The account pays, or with --payer another account does. All calls are made, or none. What the
/// session may not call is said before anything is sent.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session execute --network devnet --call STRK:transfer:0xbeef,u256:1000")]
pub struct Execute {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    /// A call, as CONTRACT:FUNCTION:ARGUMENT,ARGUMENT with felts or u256:NUMBER; again for more
    #[arg(long = "call", value_name = "CALL", value_parser = call, required = true)]
    calls: Vec<Call>,

    #[command(flatten)]
    act: SessionActOptions,
}

impl Execute {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let actor = Actor::open(globals, self.session_key, self.act).await?;
        let Actor { desk, contract, session_key, .. } = &actor;
        let session_key = *session_key;
        let SessionStatus { valid_until, .. } =
            usable(&desk.chain, contract, session_key, &self.calls).await?;
        let without_fees = "name a --payer, or register a fresh session with a --fee-limit";
        let deed = "make the session's calls";
        let sent = actor.act(deed, self.calls, valid_until, without_fees).await?;
        let left = sent.then(contract.session_status(session_key).await)?.remaining_calls;
        let answer = Answer::new(sent.said("executed")).felt("session_key", session_key);
        sent.print(desk.printer, answer.with("remaining_calls", left))
    }
}

/// What `__validate__` would refuse without a word of why.
async fn usable(
    chain: &Chain,
    contract: &SessionContract<Node>,
    session_key: Felt,
    calls: &[Call],
) -> Result<SessionStatus, Failure> {
    let another = "create a fresh session key and register that";
    let data = contract.session_data(session_key).await?;
    let status = contract.session_status(session_key).await?;
    if data.max_calls == 0 {
        return Err(refused(
            "the account has no such session",
            "register it, or if it was ended, create and register a fresh key",
        ));
    }
    if chain.now().await? > data.valid_until {
        let ended = format!("the session has ended, at {}", data.valid_until);
        return Err(refused(&ended, another));
    }
    if data.calls_used >= data.max_calls {
        let spent = format!("the session has used up its {} calls", data.max_calls);
        return Err(refused(&spent, another));
    }
    for call in calls {
        let is_its_own = call.to == contract.address();
        let is_end = calls.len() == 1 && is_self_ending(call, contract.address(), session_key);
        if (is_its_own && !is_end) || !contract.is_call_allowed(session_key, call).await? {
            return Err(not_allowed(chain, contract, session_key, call).await);
        }
    }
    Ok(status)
}

/// Says why the session may not make `call`.
async fn not_allowed(
    chain: &Chain,
    contract: &SessionContract<Node>,
    session_key: Felt,
    call: &Call,
) -> Failure {
    if call.to == contract.address() {
        return refused(
            "a session may call nothing on its own account, but for its end, alone",
            "have the owner call it; `session end` ends the session",
        );
    }
    if is_blocked(call.selector) {
        return refused(
            "no session may call this function on any contract",
            "have the owner call it",
        );
    }
    let status = "`session status` shows what it may call";
    let shown = Shown::find(contract, session_key).await;
    let mut abis = Abis::new(chain);
    let mut pinned = Vec::new();
    for entry in shown.calls() {
        if (entry.to, entry.selector) == (call.to, call.selector) {
            pinned.push(abis.words_of(entry).await);
        }
    }
    if pinned.is_empty() {
        let (function, to) = (function_name(call.selector), contract_name(call.to));
        return refused(&format!("the session may not call {function} on {to}"), status);
    }
    refused(&format!("the session may only call {}", pinned.join(", or ")), status)
}

fn refused(what: &str, remedy: &str) -> Failure {
    Failure::new(Kind::Account, format!("{what}: nothing was sent")).remedy(remedy)
}
