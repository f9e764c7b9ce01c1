use clap::Args;
use session_harness::{AllowedCall, ScopedLimits, SessionLimits};
use starknet_rust_core::types::{Call, Felt};

use super::describe;
use crate::cli::account;
use crate::cli::answer::Answer;
use crate::cli::exit::Failure;
use crate::cli::options::{ActOptions, Globals, StoreOptions};
use crate::cli::owner::Owner;
use crate::cli::store::Store;
use crate::cli::transaction::{Desk, Sent};
use crate::cli::value::{Strk, allowed_call, duration, function, hexadecimal, strk};

/// Longer sessions than this are a thief's friend, in seconds.
const ADVISED: u64 = 6 * 3_600;

/// Register a session key on the account, with its limits
///
/// The safe way is to list what it may call, as CONTRACT:FUNCTION. A session for listed calls pays
/// no fees of its own, and works through a payer only, unless it has a fee limit. Does nothing if
/// the key is registered.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session register --network devnet --allow STRK:transfer --max-calls 5 \
--fee-limit 0.2")]
pub struct Register {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    /// A call that it may make, as STRK:transfer or 0xADDRESS:FUNCTION; again for more
    #[arg(long, value_name = "CONTRACT:FUNCTION", value_parser = allowed_call,
          required_unless_present_any = ["allow_on_any", "allow_any"])]
    allow: Vec<AllowedCall>,

    /// A function that it may call on any contract but the account; again for more
    #[arg(long, value_name = "FUNCTION", value_parser = function,
          conflicts_with_all = ["allow", "allow_any"])]
    allow_on_any: Vec<Felt>,

    /// Let it call anything but the account: whoever gets the key can take every token
    #[arg(long, conflicts_with = "allow")]
    allow_any: bool,

    /// When it ends, from now on: 90s, 30m, 6h, 7d
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "6h")]
    duration: u64,

    /// How many transactions it has
    #[arg(long, value_name = "COUNT", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_calls: u32,

    /// The most that each of its own transactions may cost
    #[arg(long, value_name = "STRK")]
    fee_limit: Option<Strk>,

    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    act: ActOptions,
}

impl Register {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let session_key = Store::new(&self.store).choose(self.session_key)?;
        let limit = match self.fee_limit.map(|Strk(fri)| u64::try_from(fri)) {
            Some(Err(_)) => {
                return Err(Failure::usage(
                    "a fee limit is at most 18.446744073709551615 STRK",
                    "set a lower one",
                ));
            }
            Some(Ok(fri)) => Some(fri),
            None => None,
        };
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;

        let (exists, fields) = describe(&contract, session_key).await?;
        if exists {
            let answer = Answer::new("already registered, with these limits: nothing was sent");
            return desk
                .printer
                .print(fields.into_iter().fold(answer, |it, (name, value)| it.with(name, value)));
        }

        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let valid_until = desk.chain.now().await?.saturating_add(self.duration);
        if self.duration > ADVISED {
            desk.printer.warn("a session of 1 to 6 hours is advised");
        }
        let max_calls = self.max_calls;
        let register = if self.allow.is_empty() {
            if self.allow_any {
                desk.printer.warn("this key will be able to move every token of the account");
            }
            let allowed_entrypoints = self.allow_on_any;
            let limits = SessionLimits { valid_until, max_calls, allowed_entrypoints };
            contract.add_session(session_key, &limits)
        } else {
            let limits = ScopedLimits { valid_until, max_calls, allowed_calls: self.allow };
            contract.add_session_for_calls(session_key, &limits)
        };
        let cap = limit.map(|fri| contract.set_session_fee_limit(session_key, fri));
        let calls: Vec<Call> = cap.into_iter().chain([register]).collect();
        let sent = owner.send(&desk, "register the session", calls).await?;

        let answer = Answer::new(sent.said("registered"));
        let answer = match &sent {
            Sent::Included(_) => {
                let (_, fields) = sent.then(describe(&contract, session_key).await)?;
                fields.into_iter().fold(answer, |it, (name, value)| it.with(name, value))
            }
            Sent::Estimated(_) => answer
                .felt("session_key", session_key)
                .with("valid_until", valid_until)
                .with("max_calls", max_calls)
                .with("fee_limit", self.fee_limit.map(|Strk(fri)| strk(fri))),
        };
        sent.print(desk.printer, answer)
    }
}
