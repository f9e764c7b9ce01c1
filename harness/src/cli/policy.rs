//! `policy`: how much of a token a session may move.

use clap::{Args, Subcommand};
use session_harness::{SpendingLimits, SpendingPolicy};
use starknet_rust_core::types::{Felt, U256};

use super::account;
use super::answer::{Answer, Printer};
use super::chain::Chain;
use super::exit::Failure;
use super::options::{ActOptions, Globals, NodeOptions, StoreOptions};
use super::owner::Owner;
use super::settings::Settings;
use super::store::Store;
use super::transaction::Desk;
use super::value::{amount, contract, duration, hexadecimal};

/// Spending policies: how much of a token a session may move
#[derive(Subcommand, Debug)]
pub enum Policy {
    Set(Set),
    Get(Get),
    Remove(Remove),
}

/// Limit what a session may move of a token
///
/// Set again, it keeps what was spent. Does nothing if the policy is as it should be.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness policy set --network devnet --token STRK --max-per-call 1strk --max-per-window \
5strk --window 1d")]
pub struct Set {
    #[command(flatten)]
    subject: Subject,

    /// The most that one call may move: 1.5strk, 0.1eth, or a number of the smallest unit
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    max_per_call: u128,

    /// The most that all calls of a window may move
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    max_per_window: u128,

    /// How long a window lasts from its first spend on: 30m, 6h, 1d
    #[arg(long, value_name = "TIME", value_parser = duration)]
    window: u64,

    #[command(flatten)]
    act: ActOptions,
}

/// Show a policy, and what was spent under it
///
/// Needs no key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness policy get --network devnet --token STRK")]
pub struct Get {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    node: NodeOptions,
}

/// Let a session move any amount of a token again
///
/// Does nothing if there is no policy.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness policy remove --network devnet --token STRK")]
pub struct Remove {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    act: ActOptions,
}

#[derive(Args, Debug)]
struct Subject {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    /// The token: STRK, ETH, or its address
    #[arg(long, value_name = "CONTRACT", value_parser = contract)]
    token: Felt,

    #[command(flatten)]
    store: StoreOptions,
}

impl Policy {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Self::Set(set) => set.run(globals).await,
            Self::Get(get) => get.run(globals).await,
            Self::Remove(remove) => remove.run(globals).await,
        }
    }
}

impl Set {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let limits = SpendingLimits {
            max_per_call: U256::from(self.max_per_call),
            max_per_window: U256::from(self.max_per_window),
            window_seconds: self.window,
        };
        let (session_key, token) = self.subject.resolve()?;
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let policy = contract.spending_policy(session_key, token).await?;
        if is_as(&policy, &limits) {
            let answer = Answer::new("already set: nothing was sent");
            return desk.printer.print(tell(answer, session_key, token, &policy));
        }
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let calls = vec![contract.set_spending_policy(session_key, token, &limits)];
        let sent = owner.send(&desk, "set the spending policy", calls).await?;
        let policy = sent.then(contract.spending_policy(session_key, token).await)?;
        let answer = tell(Answer::new(sent.said("set")), session_key, token, &policy);
        sent.print(desk.printer, answer)
    }
}

impl Get {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let (session_key, token) = self.subject.resolve()?;
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let contract = account::open(&settings, &chain).await?;
        let policy = contract.spending_policy(session_key, token).await?;
        let said = if is_set(&policy) { "a spending policy" } else { "no spending policy" };
        let answer = tell(Answer::new(said), session_key, token, &policy);
        Printer { json: globals.json }.print(answer)
    }
}

impl Remove {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let (session_key, token) = self.subject.resolve()?;
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let policy = contract.spending_policy(session_key, token).await?;
        if !is_set(&policy) {
            let answer = Answer::new("already without a policy: nothing was sent");
            return desk.printer.print(tell(answer, session_key, token, &policy));
        }
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let calls = vec![contract.remove_spending_policy(session_key, token)];
        let sent = owner.send(&desk, "remove the spending policy", calls).await?;
        let policy = sent.then(contract.spending_policy(session_key, token).await)?;
        let answer = tell(Answer::new(sent.said("removed")), session_key, token, &policy);
        sent.print(desk.printer, answer)
    }
}

impl Subject {
    fn resolve(&self) -> Result<(Felt, Felt), Failure> {
        Ok((Store::new(&self.store).choose(self.session_key)?, self.token))
    }
}

const fn is_set(policy: &SpendingPolicy) -> bool {
    policy.window_seconds != 0
}

fn is_as(policy: &SpendingPolicy, limits: &SpendingLimits) -> bool {
    (policy.max_per_call, policy.max_per_window, policy.window_seconds)
        == (limits.max_per_call, limits.max_per_window, limits.window_seconds)
}

/// Amounts in the token's smallest unit, as text: they may be larger than JSON's numbers.
fn tell(answer: Answer, session_key: Felt, token: Felt, policy: &SpendingPolicy) -> Answer {
    let answer = answer.felt("session_key", session_key).felt("token", token);
    if !is_set(policy) {
        return answer.with("is_set", false);
    }
    answer
        .with("is_set", true)
        .with("max_per_call", policy.max_per_call.to_string())
        .with("max_per_window", policy.max_per_window.to_string())
        .with("window_seconds", policy.window_seconds)
        .with("spent_in_window", policy.spent_in_window.to_string())
        .with("window_start", policy.window_start)
}
