use clap::Args;
use session_client::token::{self, ETH, STRK};
use session_client::{Allowed, AllowedCall, Grant, MOST_TOKENS, SessionContract, SpendingLimits};
use starknet_rust::core::types::Felt;

use super::description::{Description, Registered, fee};
use super::difference::Asked;
use super::shown::Shown;
use crate::commands::abis::{Abis, contract_name};
use crate::commands::account;
use crate::commands::allow::{self, Allow};
use crate::commands::answer::{Answer, Outcome, hex};
use crate::commands::caps::{Cap, Spend};
use crate::commands::chain::Chain;
use crate::commands::exit::{Failure, Kind};
use crate::commands::options::{ActOptions, Globals, StoreOptions};
use crate::commands::owner::Owner;
use crate::commands::store::Store;
use crate::commands::transaction::{Desk, Sent};
use crate::commands::units::Unit;
use crate::commands::value::{FeeLimit, duration, function, hexadecimal};

/// Longer sessions than this are a thief's friend, in seconds.
const ADVISED: u64 = 6 * 3_600;

/// Register a session key on the account, with its limits
///
/// The safe way is to list what it may call, as CONTRACT:FUNCTION, and to pin an argument where it
/// can be: who is paid, who may spend. A session for listed calls has the fee limit 0, so that it
/// works through a relayer (--payer) only, unless --fee-limit gives it another. Does nothing if the
/// key is registered, and has the caps that are asked for.
///
/// A pinned argument is one felt at one place of the calldata. The place is looked up in the
/// contract's ABI: CONTRACT:FUNCTION:PARAMETER=VALUE by the parameter's name (a struct's member is
/// PARAMETER.MEMBER), CONTRACT:FUNCTION:VALUE for the first parameter, CONTRACT:FUNCTION@PLACE=VALUE
/// by the place in felts from 0. Refused is a place of or behind an array, an option, an enum or a
/// text, and one in a u256, which is two felts. The same function may be listed several times with
/// several values of one parameter. A pin is as narrow as what the contract does with the value: of
/// `approve` it says who may pull, not what they do, and an entry without one beside it undoes it.
///
/// A cap (--spend) bounds what leaves of a token in the session's batches, whichever contract they call:
/// it is set in the transaction that registers. A session whose list names a token's transfers or approvals
/// needs one for that token, and one for calls on any contract needs one for each token that the account
/// holds, as far as STRK and ETH are asked for; or --without-caps. The answer ends with what a thief of the
/// key could take.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session register --network devnet --allow STRK:transfer:recipient=0xbeef \
--spend STRK=1strk/5strk/1d --max-calls 5 --fee-limit 0.2

More forms of --allow:
  --allow STRK:transfer                any transfer of STRK
  --allow STRK:transfer:0xbeef         a transfer of STRK to 0xbeef: its first parameter
  --allow STRK:approve:spender=0xf00   an allowance of STRK for 0xf00
  --allow STRK:approve@0=0xf00         the same, by the place in the calldata

More forms of --spend:
  --spend ETH=0.1eth/0.1eth/6h         at most 0.1 ETH a call, and every 6 hours
  --spend 0xADDRESS=1usdc/5usdc/1d     in the unit that the token itself says, by its symbol
  --spend 0xADDRESS=1000/5000/1d       in the token's smallest unit")]
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

    /// Let it call anything but the account: whoever gets the key can take all that --spend does not cap
    #[arg(long, conflicts_with = "allow")]
    allow_any: bool,

    /// A cap: the most of a token that one call may name and that may leave in a window, and how long a
    /// window lasts from its first spend on: STRK=1strk/5strk/1d; again for up to 8 tokens
    #[arg(long, value_name = "TOKEN=PER_CALL/PER_WINDOW/WINDOW")]
    spend: Vec<Spend>,

    /// Register it though it may move tokens that have no cap: whoever gets the key can take all of them that
    /// the account holds
    #[arg(long)]
    without_caps: bool,

    /// When it ends, from now on: 90s, 30m, 6h, 7d
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "6h")]
    duration: u64,

    /// How many transactions it has
    #[arg(long, value_name = "COUNT", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_calls: u32,

    /// The most that each of its own transactions may cost; 0: none of its own, through relayers only; none:
    /// no limit, so that they may cost all STRK
    #[arg(long, value_name = "STRK", default_value = "0")]
    fee_limit: FeeLimit,

    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    act: ActOptions,
}

impl Register {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let session_key =
            Store::new(&self.store, &self.act.node.profile).choose(self.session_key)?;
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;

        // Before anybody is asked for a password.
        desk.in_block(contract.address(), "get_session_data", &[session_key]).await?;
        let described = Description::of(&desk.chain, &contract, session_key).await?;
        let asked = resolve(&self.spend, &desk.chain).await?;
        let mut abis = Abis::new(&desk.chain);
        let allowed = match &self.allow_on_any[..] {
            _ if !self.allow.is_empty() => {
                Allowed::Calls(allow::resolve(&self.allow, &mut abis).await?)
            }
            [] => Allowed::AnyCall,
            selectors => Allowed::Selectors(selectors.to_vec()),
        };
        let fee_limit = self.fee_limit.most();
        let valid_until = described.now.saturating_add(self.duration);
        if let Some(session) = &described.session {
            let asked = Asked {
                allowed: &allowed,
                max_calls: self.max_calls,
                fee_limit,
                valid_until,
                caps: &asked,
            };
            return already(&desk, &described, session, &asked, &mut abis).await;
        }
        allow::question(&self.allow, &mut abis, &desk).await?;
        let caps = joined(&described.caps, &asked)?;
        if !self.without_caps {
            match &allowed {
                Allowed::Calls(calls) => listed_capped(calls, &caps)?,
                _ => all_capped(&desk.chain, &contract, &caps).await?,
            }
        }
        if let Allowed::Calls(calls) = &allowed {
            tell(&desk, calls, &caps, &mut abis).await;
        }
        caps.iter().for_each(|cap| desk.printer.note(cap.granted()));

        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        // By now: somebody may have looked for a password.
        let now = desk.chain.now().await?;
        let valid_until = now.saturating_add(self.duration);
        warn(&desk, &described, self.duration, self.without_caps, self.fee_limit);
        // All in one transaction: at no time is the session there without its limits.
        let grant = grant_of(&allowed).until(valid_until).max_calls(self.max_calls);
        let grant = match fee_limit {
            Some(limit) => grant.fee_limit(limit),
            None => grant.without_fee_limit(),
        };
        let grant =
            asked.iter().fold(grant, |grant, (unit, limits)| grant.spend(unit.token, *limits));
        let calls = grant.registration(&contract, session_key)?;
        let sent = owner.send(&desk, "register the session", calls).await?;

        let described = match &sent {
            Sent::Included(_) => {
                let described =
                    sent.then(Description::of(&desk.chain, &contract, session_key).await)?;
                if sent.is_resumed()
                    && let Some(session) = &described.session
                {
                    // An earlier run sent it, which was asked for something else maybe.
                    let asked = Asked {
                        allowed: &allowed,
                        max_calls: self.max_calls,
                        fee_limit,
                        valid_until,
                        caps: &asked,
                    };
                    let compared = asked.differences(&described, session, &mut abis).await;
                    let differences = sent.then(compared)?;
                    if !differences.is_empty() {
                        let otherwise = otherwise(
                            &differences,
                            "An earlier run did that, and nothing else was sent",
                        );
                        return sent.told(Err(otherwise));
                    }
                }
                described
            }
            Sent::Estimated(_) => {
                let session = Registered {
                    is_active: true,
                    valid_until,
                    max_calls: self.max_calls,
                    calls_left: self.max_calls,
                    allowed_len: allowed.entries().try_into().unwrap_or(u32::MAX),
                    list: Shown::Whole(allowed),
                };
                Description { now, session: Some(session), caps, fee_limit, ..described }
            }
        };
        let answer = Answer::new(sent.said("registered")).felt("account", contract.address());
        let answer = described.tell(answer, &mut abis).await;
        let answer = sent.tell(answer.told("to_end_it", ends_it(session_key)));
        sent.told(desk.printer.print(described.warn(answer, &mut abis).await))
    }
}

/// Says what makes the session dangerous, or another than its key was prepared for.
fn warn(
    desk: &Desk,
    described: &Description,
    duration: u64,
    without_caps: bool,
    fee_limit: FeeLimit,
) {
    if duration > ADVISED {
        desk.printer.warn("a session of 1 to 6 hours is advised");
    }
    if without_caps {
        desk.printer.warn(
            "this key will be able to take all of each token that it may move and that has no cap",
        );
    }
    if fee_limit == FeeLimit::None {
        desk.printer.warn("its transactions may cost all STRK of the account");
    }
    if let Some(former) = described.fee_limit
        && Some(former) != fee_limit.most()
    {
        let (former, limit) = (fee(Some(former)), fee(fee_limit.most()));
        desk.printer.warn(format!("the key had the fee limit {former}: it becomes {limit}"));
    }
}

/// Returns a grant with the list `allowed`, and nothing else yet.
fn grant_of(allowed: &Allowed) -> Grant {
    match allowed {
        Allowed::Calls(calls) => Grant::for_calls(calls.iter().copied()),
        Allowed::Selectors(selectors) => Grant::for_selectors(selectors.iter().copied()),
        Allowed::AnyCall => Grant::any_call(),
    }
}

/// Reads the caps that are asked for, each of another token.
async fn resolve(spend: &[Spend], chain: &Chain) -> Result<Vec<(Unit, SpendingLimits)>, Failure> {
    fits(spend.len())?;
    let mut caps: Vec<(Unit, SpendingLimits)> = Vec::new();
    for spend in spend {
        let (unit, limits) = spend.resolve(chain).await?;
        if caps.iter().any(|(other, _)| other.token == unit.token) {
            let what = format!("--spend caps {} twice: nothing was sent", unit.name());
            return Err(Failure::usage(what, "cap each token once"));
        }
        caps.push((unit, limits));
    }
    Ok(caps)
}

/// Answers that the key is registered as it should be, or fails with what is otherwise.
async fn already(
    desk: &Desk,
    described: &Description,
    session: &Registered,
    asked: &Asked<'_>,
    abis: &mut Abis<'_>,
) -> Result<(), Failure> {
    let differences = asked.differences(described, session, abis).await?;
    if differences.is_empty() {
        let answer = Answer::new("already registered, with these limits: nothing was sent")
            .was(Outcome::Unchanged);
        let answer = described.tell(answer, abis).await;
        let answer = answer.told("to_end_it", ends_it(described.session_key));
        return desk.printer.print(described.warn(answer, abis).await);
    }
    Err(otherwise(&differences, "Nothing was sent"))
}

/// Says how the session is ended before its end.
fn ends_it(session_key: Felt) -> Vec<String> {
    let session_key = hex(session_key);
    vec![
        format!("session-harness session revoke {session_key}, with the owner's key"),
        format!("session-harness session end {session_key}, with its own"),
    ]
}

/// Says what is otherwise of a key that is registered, and how that comes.
fn otherwise(differences: &[String], how: &str) -> Failure {
    let differences = differences.join("; ");
    Failure::new(
        Kind::Account,
        format!("the key is already registered, and otherwise: {differences}. {how}"),
    )
    .remedy(
        "create and register a fresh key; `session fee-limit` and `policy set` change the limits of this \
         one, and `session revoke` ends it",
    )
}

/// Returns the caps that the key will have: those that are there, and those that are asked for.
fn joined(there: &[Cap], asked: &[(Unit, SpendingLimits)]) -> Result<Vec<Cap>, Failure> {
    let is_kept = |cap: &&Cap| asked.iter().all(|(unit, _)| unit.token != cap.unit.token);
    let new = asked.iter().map(|(unit, limits)| Cap::new(unit.clone(), limits));
    let caps: Vec<_> = there.iter().filter(is_kept).cloned().chain(new).collect();
    fits(caps.len()).map(|()| caps)
}

/// Refuses more caps than the account keeps for a key.
fn fits(count: usize) -> Result<(), Failure> {
    if count <= MOST_TOKENS {
        return Ok(());
    }
    let what = format!(
        "a key has caps on at most {MOST_TOKENS} tokens, and this one would have {count}: nothing was sent"
    );
    Err(Failure::usage(what, "cap fewer tokens, and list with --allow what the key may call"))
}

/// Refuses a session for calls on any contract that could take a token whole which the account
/// holds. STRK and ETH are asked for: nobody knows all of an account's tokens.
async fn all_capped(
    chain: &Chain,
    contract: &SessionContract,
    caps: &[Cap],
) -> Result<(), Failure> {
    let mut open = Vec::new();
    for token in [STRK, ETH] {
        let held = token::balance(&chain.node, token, contract.address()).await?;
        if held != 0 && caps.iter().all(|cap| cap.unit.token != token) {
            open.push(Unit::of(chain, token).await?.show(held.into()));
        }
    }
    if open.is_empty() && !caps.is_empty() {
        return Ok(());
    }
    let what = if open.is_empty() {
        "any token that the account will hold".to_owned()
    } else {
        open.join(" and ")
    };
    Err(Failure::usage(
        format!("whoever gets this key could take {what}: nothing was sent"),
        "cap each with --spend, as in --spend STRK=1strk/5strk/1d; or list with --allow what the key \
         may call; or if you mean it, give --without-caps",
    ))
}

/// Refuses a list by which a token moves that has no cap: a pinned recipient bounds no amount.
fn listed_capped(calls: &[AllowedCall], caps: &[Cap]) -> Result<(), Failure> {
    let mut open: Vec<String> = Vec::new();
    for call in allow::uncapped(calls, caps) {
        let token = contract_name(call.to);
        if !open.contains(&token) {
            open.push(token);
        }
    }
    let Some(first) = open.first() else { return Ok(()) };
    Err(Failure::usage(
        format!(
            "the list lets the key move {}, in any amount, of which it has no cap: nothing was sent",
            open.join(" and ")
        ),
        format!(
            "cap each with --spend, as in --spend {first}=1/5/1d (the most in a call, and in a day) or \
             STRK=1strk/5strk/1d; or if you mean any amount, or it is no token of amounts, give \
             --without-caps"
        ),
    ))
}

/// Says what is about to be granted, where a pin binds less than it seems to, and what a cap forbids.
async fn tell(desk: &Desk, calls: &[AllowedCall], caps: &[Cap], abis: &mut Abis<'_>) {
    for call in calls {
        desk.printer.note(format!("it may call {}", abis.words_of(call).await));
    }
    allow::forbidden(calls, caps).for_each(|warning| desk.printer.warn(warning));
    allow::undone(calls).for_each(|warning| desk.printer.warn(warning));
}
