//! `session register`: the owner lets a key act, within limits.

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
use crate::commands::hint;
use crate::commands::options::{ActOptions, Globals, StoreOptions};
use crate::commands::owner::Owner;
use crate::commands::store::Store;
use crate::commands::transaction::{Desk, Sent};
use crate::commands::units::Unit;
use crate::commands::value::{FeeLimit, duration, function, hexadecimal};

/// Sessions longer than this, in seconds, are warned of: a thief of the key has more time.
const ADVISED: u64 = 6 * 3_600;

/// Register a session key on the account, with its limits
///
/// The safe way is to list what the session may call, as CONTRACT:FUNCTION, and to pin an argument where it
/// matters: who is paid, or who may spend. With the fee limit 0, which is the default, the session works only
/// through a relayer (--payer); --fee-limit gives it another. The command does nothing if the key is
/// registered with these limits.
///
/// A pinned argument is one felt at one place of the calldata. The command finds the place in the contract's
/// ABI: CONTRACT:FUNCTION:PARAMETER=VALUE names the parameter (a struct's member is PARAMETER.MEMBER),
/// CONTRACT:FUNCTION:VALUE means the first parameter, and CONTRACT:FUNCTION@PLACE=VALUE gives the place in
/// felts from 0. The command refuses a place in or behind an array, an option, an enum or a text, and one in
/// a u256, which is two felts. You may list the same function several times with several values of one
/// parameter. A pin limits only what the contract does with the value: for `approve` it says who may pull,
/// not what they do. And an entry of the same list without a pin can move the same tokens to anybody.
///
/// A cap (--spend) limits how much of a token leaves in the session's batches, whichever contracts they call.
/// It is set in the transaction that registers the session. If the list names a token's transfers or
/// approvals, the session needs a cap on that token. If the session may call any contract, it needs a cap on
/// STRK and on ETH, as far as the account holds them. Without these caps, --without-caps is needed. The
/// answer ends with what a thief of the key could take.
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
  --spend 0xADDRESS=9raw/99raw/1d      in the token's smallest unit")]
pub struct Register {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    /// A call that the session may make, with any arguments or with one that is pinned: STRK:transfer,
    /// STRK:transfer:recipient=0x…, 0xADDRESS:FUNCTION@PLACE=VALUE; may be given several times
    #[arg(long, value_name = "CONTRACT:FUNCTION[:PARAMETER=VALUE]",
          required_unless_present_any = ["allow_on_any", "allow_any"])]
    allow: Vec<Allow>,

    /// A function that the session may call on any contract but the account; may be given several times
    #[arg(long, value_name = "FUNCTION", value_parser = function,
          conflicts_with_all = ["allow", "allow_any"])]
    allow_on_any: Vec<Felt>,

    /// Let the session call anything but the account: a thief of the key can take everything that --spend
    /// does not cap
    #[arg(long, conflicts_with = "allow")]
    allow_any: bool,

    /// A cap on a token: the most that one call may name, the most that may leave in a window, and the
    /// window's length, which begins with the first spend: STRK=1strk/5strk/1d; may be given for up to 8
    /// tokens
    #[arg(long, value_name = "TOKEN=PER_CALL/PER_WINDOW/WINDOW")]
    spend: Vec<Spend>,

    /// Register the session even if it may move tokens that have no cap: a thief of the key can take all that
    /// the account holds of them
    #[arg(long)]
    without_caps: bool,

    /// How long the session lasts from now on: 90s, 30m, 6h, 7d
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "6h")]
    duration: u64,

    /// How many transactions the session may make
    #[arg(long, value_name = "COUNT", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_calls: u32,

    /// The most that each of the session's own transactions may cost; 0: it sends none of its own and works
    /// only through relayers; none: no limit, so that fees may take all STRK
    #[arg(long, value_name = "STRK", default_value = "0")]
    fee_limit: FeeLimit,

    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    act: ActOptions,
}

impl Register {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let store = Store::new(&self.store, &self.act.node.profile);
        let session_key = store.choose(self.session_key, globals, &self.act.node).await?;
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;

        // This comes before anybody is asked for a password.
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
        let asked_at = |now: u64| Asked {
            allowed: &allowed,
            max_calls: self.max_calls,
            fee_limit,
            valid_until: now.saturating_add(self.duration),
            caps: &asked,
        };
        if let Some(session) = &described.session {
            let asked = asked_at(described.now);
            return already(&desk, &described, session, &asked, &mut abis).await;
        }
        allow::question(&self.allow, &mut abis, &desk).await?;
        let caps = joined(&described.caps, &asked)?;
        if !self.without_caps {
            match &allowed {
                Allowed::Calls(calls) => listed_capped(&desk.chain, calls, &caps).await?,
                _ => all_capped(&desk.chain, &contract, &caps).await?,
            }
        }
        if let Allowed::Calls(calls) = &allowed {
            tell(&desk, calls, &caps, &mut abis).await;
        }
        caps.iter().for_each(|cap| desk.printer.note(cap.granted()));

        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        // The time is read again, since somebody may have taken long to type a password.
        let now = desk.chain.now().await?;
        let valid_until = now.saturating_add(self.duration);
        warn(&desk, &described, self.duration, self.without_caps, self.fee_limit);
        // Everything is in one transaction, so that the session never exists without its limits.
        let grant = Grant::for_list(allowed.clone()).until(valid_until).max_calls(self.max_calls);
        let grant = match fee_limit {
            Some(limit) => grant.fee_limit(limit),
            None => grant.without_fee_limit(),
        };
        let grant =
            asked.iter().fold(grant, |grant, (unit, limits)| grant.spend(unit.token, *limits));
        let calls = grant.registration(&contract, session_key)?;
        let sent = match owner.send(&desk, "register the session", calls).await {
            Ok(sent) => sent,
            Err(failure) if failure.is_of_the_account() => {
                // Another run may have registered it while this one waited for its turn.
                desk.in_block(contract.address(), "get_session_data", &[session_key]).await?;
                let described = Description::of(&desk.chain, &contract, session_key).await?;
                let Some(session) = &described.session else { return Err(failure) };
                let asked = asked_at(described.now);
                return already(&desk, &described, session, &asked, &mut abis).await;
            }
            Err(failure) => return Err(failure),
        };

        let described = match &sent {
            Sent::Included(_) => {
                let described =
                    sent.then(Description::of(&desk.chain, &contract, session_key).await)?;
                if sent.is_resumed()
                    && let Some(session) = &described.session
                {
                    // An earlier run sent this transaction, and may have been asked for other limits.
                    let asked = asked_at(described.now);
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
                    list: Shown::Whole(allowed.clone()),
                };
                Description { now, session: Some(session), caps, fee_limit, ..described }
            }
        };
        let answer = Answer::new(sent.said("registered")).felt("account", contract.address());
        let answer = described.tell(answer, &mut abis).await;
        let answer = sent.tell(owner.told_payer(&sent, ends_it(answer, session_key)));
        sent.told(desk.printer.print(described.warn(answer, &mut abis).await))
    }
}

/// Warns of what makes the session dangerous, and of limits that change what the key had.
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

/// Reads the caps that are asked for. Each must be on another token.
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

/// Answers that the key is registered with these limits, or fails with the differences.
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
        let answer = ends_it(answer, described.session_key);
        return desk.printer.print(described.warn(answer, abis).await);
    }
    Err(otherwise(&differences, "Nothing was sent"))
}

/// Adds the commands that end the session: one for its owner, and one for its own key.
fn ends_it(answer: Answer, session_key: Felt) -> Answer {
    let by = |command: &str| hint::command(&format!("session {command} {}", hex(session_key)));
    answer.told("owner_ends_it", by("revoke")).told("key_ends_it", by("end"))
}

/// Makes the failure of a key that is registered with other limits; `how` says how that came about.
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

/// Returns the caps that the key will have: those that it has, and those that are asked for.
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

/// Refuses a session for calls on any contract that could take all of a token that the account holds. Only
/// STRK and ETH are checked, since nobody knows all tokens of an account.
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

/// Refuses a list that lets a token without a cap move. A pinned recipient does not limit the amount.
async fn listed_capped(chain: &Chain, calls: &[AllowedCall], caps: &[Cap]) -> Result<(), Failure> {
    let mut open: Vec<Felt> = Vec::new();
    for call in allow::uncapped(calls, caps) {
        if !open.contains(&call.to) {
            open.push(call.to);
        }
    }
    let Some(first) = open.first() else { return Ok(()) };
    let names: Vec<_> = open.iter().map(|it| contract_name(*it)).collect();
    let example = match Unit::of(chain, *first).await {
        Ok(unit) => format!("{}/{}/1d", unit.typed(1), unit.typed(5)),
        // There is no such contract, which the account would find out later.
        Err(_) => "1000raw/5000raw/1d".to_owned(),
    };
    Err(Failure::usage(
        format!(
            "the list lets the key move {}, in any amount, of which it has no cap: nothing was sent",
            names.join(" and ")
        ),
        format!(
            "cap each with --spend, as in --spend {}={example}, the most in a call and in a day; or if you \
             mean any amount, or it is no token of amounts, give --without-caps",
            names[0]
        ),
    ))
}

/// Describes what is about to be granted, and warns where a pin limits less than it seems to, and of entries
/// that a cap forbids.
async fn tell(desk: &Desk, calls: &[AllowedCall], caps: &[Cap], abis: &mut Abis<'_>) {
    for call in calls {
        desk.printer.note(format!("it may call {}", abis.words_of(call).await));
    }
    allow::forbidden(calls, caps).for_each(|warning| desk.printer.warn(warning));
    allow::undone(calls).for_each(|warning| desk.printer.warn(warning));
}
