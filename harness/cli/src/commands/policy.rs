//! `policy`: limits how much of a token a session may spend.

use std::slice;

use clap::{Args, Subcommand};
use starknet_rust::core::types::Felt;

use super::abis::Abis;
use super::account;
use super::answer::{Answer, Outcome, Printer, hex};
use super::caps::{self, Cap, Spend};
use super::chain::Chain;
use super::exit::Failure;
use super::options::{ActOptions, Globals, NodeOptions, StoreOptions};
use super::owner::Owner;
use super::session::Description;
use super::settings::Settings;
use super::store::Store;
use super::transaction::{Desk, Sent};
use super::units::{Amount, Unit};
use super::value::{contract, duration, hexadecimal};

/// Spending policies: how much of a token a session may spend
#[derive(Subcommand, Debug)]
pub enum Policy {
    Set(Set),
    Get(Get),
    Remove(Remove),
}

/// Limit what a session may spend of a token
///
/// The policy counts what leaves the account's balance in the session's batches, whichever contracts they
/// call. It does not count what the account is owed or may borrow elsewhere, nor fees. At the end of one
/// window and the start of the next together, up to twice the window's maximum can leave. Setting a policy
/// again keeps what was spent. The command does nothing if the policy is set so already. `session register
/// --spend` sets policies in the transaction that registers the session.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness policy set --network devnet --token STRK --max-per-call 1strk --max-per-window \
5strk --window 1d")]
pub struct Set {
    #[command(flatten)]
    subject: Subject,

    /// The most that one call may name: 1.5strk, in the token's own unit and with the symbol that the token
    /// gives, or 1000raw, in its smallest unit
    #[arg(long, value_name = "AMOUNT")]
    max_per_call: Amount,

    /// The most that may leave in one window
    #[arg(long, value_name = "AMOUNT")]
    max_per_window: Amount,

    /// The length of a window, which begins with the first spend: 30m, 6h, 1d
    #[arg(long, value_name = "TIME", value_parser = duration)]
    window: u64,

    #[command(flatten)]
    act: ActOptions,
}

/// Show a session's policies, what was spent under them, and when their windows end
///
/// Amounts are shown in the token's own unit, if the token gives one. The command needs no key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness policy get --network devnet
  session-harness policy get --network devnet --token STRK")]
pub struct Get {
    #[command(flatten)]
    holder: Holder,

    /// Show only the policy for this token: STRK, ETH, or its address [default: all policies of the session]
    #[arg(long, value_name = "CONTRACT", value_parser = contract)]
    token: Option<Felt>,

    #[command(flatten)]
    node: NodeOptions,
}

/// Remove a limit on what a session may spend of a token
///
/// The answer ends with what a thief of the key can take from then on. The command does nothing if there is
/// no policy.
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
    #[command(flatten)]
    holder: Holder,

    /// The token: STRK, ETH, or its address
    #[arg(long, value_name = "CONTRACT", value_parser = contract)]
    token: Felt,
}

#[derive(Args, Debug)]
struct Holder {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

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
        let session_key = self.subject.holder.session_key(globals, &self.act.node).await?;
        let spend = Spend {
            token: self.subject.token,
            max_per_call: self.max_per_call,
            max_per_window: self.max_per_window,
            window_seconds: self.window,
        };
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let (unit, limits) = spend.resolve(&desk.chain).await?;
        let of = [session_key, unit.token];
        desk.in_block(contract.address(), "get_spending_policy", &of).await?;
        let now = desk.chain.now().await?;
        let cap = Cap::of(&contract, session_key, unit.clone()).await?;
        if cap.is_as(&limits) {
            let answer = Answer::new("already set: nothing was sent").was(Outcome::Unchanged);
            return desk.printer.print(tell(answer, session_key, &cap, now));
        }
        if contract.session_data(session_key).await?.max_calls == 0 {
            desk.printer.warn(format!(
                "the account has no session of the key {session_key:#066x}. The policy will hold for a \
                 session that is registered later"
            ));
        }
        let would = cap.with(&limits);
        desk.printer.note(would.granted());
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let calls = vec![contract.set_spending_policy(session_key, unit.token, &limits)];
        let sent = owner.send(&desk, "set the spending policy", calls).await?;
        let cap = match &sent {
            Sent::Included(_) => sent.then(Cap::of(&contract, session_key, unit).await)?,
            Sent::Estimated(_) => would,
        };
        let answer = tell(Answer::new(sent.said("set")), session_key, &cap, now);
        sent.print(desk.printer, owner.told_payer(&sent, answer))
    }
}

impl Get {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let session_key = self.holder.session_key(globals, &self.node).await?;
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let contract = account::open(&settings, &chain).await?;
        let now = chain.now().await?;
        let printer = Printer { json: globals.json };
        let Some(token) = self.token else {
            let caps = Cap::all(&chain, &contract, session_key).await?;
            let said = if caps.is_empty() { "no spending policy" } else { "spending policies" };
            let answer = Answer::new(said).felt("session_key", session_key);
            return printer.print(tell_all(answer, &caps, now));
        };
        let cap = Cap::of(&contract, session_key, Unit::of(&chain, token).await?).await?;
        let said = if cap.policy.is_set() { "a spending policy" } else { "no spending policy" };
        printer.print(tell(Answer::new(said), session_key, &cap, now))
    }
}

impl Remove {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let session_key = self.subject.holder.session_key(globals, &self.act.node).await?;
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let unit = Unit::of(&desk.chain, self.subject.token).await?;
        let of = [session_key, unit.token];
        desk.in_block(contract.address(), "get_spending_policy", &of).await?;
        let now = desk.chain.now().await?;
        let cap = Cap::of(&contract, session_key, unit.clone()).await?;
        if !cap.policy.is_set() {
            let answer =
                Answer::new("already without a policy: nothing was sent").was(Outcome::Unchanged);
            return desk.printer.print(tell(answer, session_key, &cap, now));
        }
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let calls = vec![contract.remove_spending_policy(session_key, unit.token)];
        let sent = owner.send(&desk, "remove the spending policy", calls).await?;
        let mut described =
            sent.then(Description::of(&desk.chain, &contract, session_key).await)?;
        // After a dry run the node still shows the policy.
        described.caps.retain(|cap| cap.unit.token != unit.token);
        let answer = Answer::new(sent.said("removed"))
            .felt("session_key", session_key)
            .with("is_set", false)
            .told("token", unit.name())
            .data("token", hex(unit.token));
        let answer = owner.told_payer(&sent, tell_all(answer, &described.caps, now));
        let mut abis = Abis::new(&desk.chain);
        let answer = described.warn(sent.tell(answer), &mut abis).await;
        sent.told(desk.printer.print(answer))
    }
}

impl Holder {
    async fn session_key(&self, globals: &Globals, node: &NodeOptions) -> Result<Felt, Failure> {
        Store::new(&self.store, &node.profile).choose(self.session_key, globals, node).await
    }
}

fn tell(answer: Answer, session_key: Felt, cap: &Cap, now: u64) -> Answer {
    let is_set = cap.policy.is_set();
    let answer = answer.felt("session_key", session_key).with("is_set", is_set);
    let answer = answer.with_all(cap.fields(now));
    if is_set {
        answer.told("caps", caps::table(slice::from_ref(cap), now))
    } else {
        answer.told("token", cap.unit.name())
    }
}

/// Adds all `caps` of a key to `answer`.
fn tell_all(answer: Answer, caps: &[Cap], now: u64) -> Answer {
    let answer = answer.data("policies", caps::rows(caps, now));
    if caps.is_empty() { answer } else { answer.told("caps", caps::table(caps, now)) }
}
