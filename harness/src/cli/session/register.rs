use clap::Args;
use session_harness::{Allowed, AllowedCall, ScopedLimits, SessionLimits};
use starknet_rust_core::types::{Call, Felt};

use super::description::{describe, fee};
use super::shown::Shown;
use crate::cli::abis::Abis;
use crate::cli::account;
use crate::cli::allow::{self, Allow};
use crate::cli::answer::Answer;
use crate::cli::exit::Failure;
use crate::cli::options::{ActOptions, Globals, StoreOptions};
use crate::cli::owner::Owner;
use crate::cli::store::Store;
use crate::cli::transaction::{Desk, Sent};
use crate::cli::value::{Strk, duration, function, hexadecimal};

/// Longer sessions than this are a thief's friend, in seconds.
const ADVISED: u64 = 6 * 3_600;

/// Register a session key on the account, with its limits
///
/// The safe way is to list what it may call, as CONTRACT:FUNCTION, and to pin an argument where it
/// can be: who is paid, who may spend. A session for listed calls has the fee limit 0, so that it
/// works through a relayer (--payer) only, unless --fee-limit gives it another. Does nothing if the
/// key is registered.
///
/// A pinned argument is one felt at one place of the calldata. The place is looked up in the
/// contract's ABI: CONTRACT:FUNCTION:PARAMETER=VALUE by the parameter's name (a struct's member is
/// PARAMETER.MEMBER), CONTRACT:FUNCTION:VALUE for the first parameter, CONTRACT:FUNCTION@PLACE=VALUE
/// by the place in felts from 0. Refused is a place of or behind an array, an option, an enum or a
/// text, and one in a u256, which is two felts. The same function may be listed several times with
/// several values of one parameter. A pin is as narrow as what the contract does with the value: of
/// `approve` it says who may pull, not what they do, and an entry without one beside it undoes it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session register --network devnet --allow STRK:transfer:recipient=0xbeef \
--max-calls 5 --fee-limit 0.2

More forms of --allow:
  --allow STRK:transfer                any transfer of STRK
  --allow STRK:transfer:0xbeef         a transfer of STRK to 0xbeef: its first parameter
  --allow STRK:approve:spender=0xf00   an allowance of STRK for 0xf00
  --allow STRK:approve@0=0xf00         the same, by the place in the calldata")]
pub struct Register {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    /// A call that it may make, with any arguments or with one that is pinned: STRK:transfer,
    /// STRK:transfer:recipient=0x…, 0xADDRESS:FUNCTION@PLACE=VALUE; again for more
    #[arg(long, value_name = "CONTRACT:FUNCTION[:PARAMETER=VALUE]",
          required_unless_present_any = ["allow_on_any", "allow_any"])]
    allow: Vec<Allow>,

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

    /// The most that each of its own transactions may cost; 0: none of its own, relayers only
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

        let (exists, fields) = describe(&desk.chain, &contract, session_key).await?;
        if exists {
            let answer = Answer::new("already registered, with these limits: nothing was sent");
            return desk
                .printer
                .print(fields.into_iter().fold(answer, |it, (name, value)| it.with(name, value)));
        }

        // Before anybody is asked for a password.
        let mut abis = Abis::new(&desk.chain);
        let allowed_calls = allow::resolve(&self.allow, &mut abis).await?;
        tell(&desk, &allowed_calls, &mut abis).await;

        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let valid_until = desk.chain.now().await?.saturating_add(self.duration);
        if self.duration > ADVISED {
            desk.printer.warn("a session of 1 to 6 hours is advised");
        }
        let max_calls = self.max_calls;
        let asked = if allowed_calls.is_empty() {
            match &self.allow_on_any[..] {
                [] => Allowed::AnyCall,
                selectors => Allowed::Selectors(selectors.to_vec()),
            }
        } else {
            Allowed::Calls(allowed_calls.clone())
        };
        let register = if allowed_calls.is_empty() {
            if self.allow_any {
                desk.printer.warn("this key will be able to move every token of the account");
            }
            let allowed_entrypoints = self.allow_on_any;
            let limits = SessionLimits { valid_until, max_calls, allowed_entrypoints };
            contract.add_session(session_key, &limits)
        } else {
            let limits = ScopedLimits { valid_until, max_calls, allowed_calls };
            contract.add_session_for_calls(session_key, &limits)
        };
        let cap = limit.map(|fri| contract.set_session_fee_limit(session_key, fri));
        let calls: Vec<Call> = cap.into_iter().chain([register]).collect();
        let sent = owner.send(&desk, "register the session", calls).await?;

        let answer = Answer::new(sent.said("registered"));
        let answer = match &sent {
            Sent::Included(_) => {
                let described = describe(&desk.chain, &contract, session_key).await;
                let (_, fields) = sent.then(described)?;
                fields.into_iter().fold(answer, |it, (name, value)| it.with(name, value))
            }
            Sent::Estimated(_) => answer
                .felt("session_key", session_key)
                .with("valid_until", valid_until)
                .with("max_calls", max_calls)
                .with("allowed_calls", Shown::Whole(asked).rows(&mut abis).await)
                .with("fee_limit", self.fee_limit.map(|Strk(fri)| fee(fri))),
        };
        sent.print(desk.printer, answer)
    }
}

/// Says what is about to be granted, and where a pin binds less than it seems to.
async fn tell(desk: &Desk, calls: &[AllowedCall], abis: &mut Abis<'_>) {
    for call in calls {
        desk.printer.note(format!("it may call {}", abis.words_of(call).await));
    }
    allow::undone(calls).for_each(|warning| desk.printer.warn(warning));
}
