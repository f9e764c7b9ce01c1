//! Refusals that teach: which rule refused, and which of the client's bytes are wrong.

mod hashes;
mod lists;

use starknet_rust_core::types::{Call, Felt};

pub use hashes::{Candidate, Transaction, of_outside_execution, of_transaction};

use super::clock::now;
use super::relayers::Node;
use crate::contract::{SessionContract, SessionData};
use crate::explain::explain;
use crate::name::short_string;

/// The first element of the signatures of another kind of account.
const ENVELOPE: &str = "V2_SNIP12";

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The account's rule, by its error, if it was one.
    pub rule: Option<&'static str>,
    /// One line for each thing that is to be known.
    pub lines: Vec<String>,
}

impl Refusal {
    /// As text.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// What was signed, by whom, for which calls.
#[derive(Debug)]
pub struct Signed<'a> {
    /// The account.
    pub account: Felt,
    /// The calls that it was to make.
    pub calls: &'a [Call],
    /// The signature.
    pub signature: &'a [Felt],
    /// The most that a plain transaction commits the account to pay, in FRI; `None` if another pays.
    pub max_fee: Option<Felt>,
    /// The hash that the account computes, and others that a client may have signed in its stead.
    pub hashes: Vec<Candidate>,
    /// Where the client's typed data is not what the account hashes.
    pub differences: Vec<String>,
}

/// Explains a refusal that the chain told in `reason`.
pub async fn refusal(node: &Node, reason: &str, signed: &Signed<'_>) -> Refusal {
    let found = explain(reason);
    let mut lines = match found {
        Some(it) => vec![format!("{}: {}; {}", it.error, it.meaning, it.remedy)],
        None => vec![reason.to_owned()],
    };
    let error = found.map(|it| it.error);
    if error.is_some_and(|it| it.ends_with("invalid signature")) {
        lines.extend(signature(node, signed).await);
    } else if let [session_key, _, _, valid_until] = *signed.signature {
        lines.extend(session(node, error, signed, session_key, valid_until).await);
    }
    Refusal { rule: error, lines }
}

/// Explains that `__validate__` returned 0, which says nothing: asks in the account's order what it
/// asked.
pub async fn validation(node: &Node, signed: &Signed<'_>) -> Refusal {
    let error = match *signed.signature {
        [key, _, _, valid_until] => session_rule(node, signed, key, valid_until).await,
        [_, _] => Some("Account: invalid signature"),
        _ => {
            return Refusal {
                rule: Some("Account: invalid signature"),
                lines: vec![wrong_length(signed.signature)],
            };
        }
    };
    match error {
        Some(error) => refusal(node, &format!("'{error}'"), signed).await,
        None => {
            let told = "the account refused it, and none of its rules that can be asked now says why: \
                        what it read may have changed since";
            Refusal { rule: None, lines: vec![told.to_owned()] }
        }
    }
}

/// The first of the account's rules for sessions that does not hold, asked in the account's order.
async fn session_rule(
    node: &Node,
    signed: &Signed<'_>,
    session_key: Felt,
    valid_until: Felt,
) -> Option<&'static str> {
    let contract = SessionContract::new(signed.account, node.clone());
    let data = contract.session_data(session_key).await.ok()?;
    let now = now(node).await.ok()?;
    if data == SessionData::default() {
        return Some("Session: not found");
    } else if valid_until != data.valid_until.into() {
        return Some("Session: wrong valid_until");
    } else if now > data.valid_until {
        return Some("Session: expired");
    } else if data.calls_used >= data.max_calls {
        return Some("Session: no calls left");
    }
    if let Some(max_fee) = signed.max_fee
        && let Some(limit) = contract.session_fee_limit(session_key).await.ok()?
        && (limit == 0 || max_fee > limit.into())
    {
        return Some("Session: fee over limit");
    }
    let allowed = contract.allowed(session_key).await.ok()??;
    if let Some(error) = lists::rule(&allowed, signed.calls, signed.account, session_key) {
        return Some(error);
    }
    let fits = signed.hashes.first()?.fits(session_key, signed.signature[1], signed.signature[2]);
    (!fits).then_some("Session: invalid signature")
}

/// What is known of a session whose use was refused.
async fn session(
    node: &Node,
    error: Option<&'static str>,
    signed: &Signed<'_>,
    session_key: Felt,
    valid_until: Felt,
) -> Vec<String> {
    let contract = SessionContract::new(signed.account, node.clone());
    let Ok(data) = contract.session_data(session_key).await else { return Vec::new() };
    match error {
        Some("Session: wrong valid_until") => vec![format!(
            "valid_until in the signature is {valid_until}, registered is {}",
            data.valid_until
        )],
        Some("Session: expired") => match now(node).await {
            Ok(now) => vec![format!("it ended at {}, the chain's time is {now}", data.valid_until)],
            Err(_) => Vec::new(),
        },
        Some("Session: no calls left") => {
            vec![format!("{} of {} transactions are used", data.calls_used, data.max_calls)]
        }
        Some("Session: call not allowed") => match contract.allowed(session_key).await {
            Ok(Some(allowed)) => lists::not_allowed(&allowed, signed.calls),
            _ => Vec::new(),
        },
        Some("Session: call to the account") => {
            lists::self_calls(signed.calls, signed.account, session_key)
        }
        Some("Session: blocked selector") => lists::blocked(signed.calls),
        Some("Session: not found") => vec![format!("the key in the signature is {session_key:#x}")],
        Some("Session: fee over limit") => {
            let limit = contract.session_fee_limit(session_key).await.ok().flatten();
            limit.map(|limit| over_limit(limit, signed.max_fee)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn over_limit(limit: u128, max_fee: Option<Felt>) -> String {
    match max_fee {
        _ if limit == 0 => "the session's limit is 0: it works through a relayer only, as a plain \
                            transaction of any price is refused"
            .to_owned(),
        Some(max_fee) => {
            format!("the transaction may cost {max_fee} FRI, the session's limit is {limit} FRI")
        }
        None => format!("the session's limit is {limit} FRI"),
    }
}

fn wrong_length(signature: &[Felt]) -> String {
    format!(
        "a signature has 2 felts, [r, s] of the owner, or 4, [session_key, r, s, valid_until] of a \
         session: this one has {}",
        signature.len()
    )
}

/// Which hash the signature fits, if it is not the one that the account computes.
async fn signature(node: &Node, signed: &Signed<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(Candidate { hash, .. }) = signed.hashes.first() {
        lines.push(format!("the account computed the hash {hash:#x}"));
    }
    let owner = SessionContract::new(signed.account, node.clone()).public_key().await.ok();
    let fit = match *signed.signature {
        [key, r, s, _] => fit_of(&signed.hashes, key, r, s, "the session key").or_else(|| {
            fit_of(&signed.hashes, owner?, r, s, "the owner's key, not the session's,")
        }),
        [r, s] => fit_of(&signed.hashes, owner.unwrap_or_default(), r, s, "the owner's key"),
        // Of an account with another kind of signature: the last two felts are r and s.
        [tag, .., r, s] if tag == short_string(ENVELOPE) => {
            lines.push(format!(
                "a {ENVELOPE} envelope is for accounts of another kind: an owner's signature here \
                 is [r, s]"
            ));
            fit_of(&signed.hashes, owner.unwrap_or_default(), r, s, "the owner's key")
        }
        _ => {
            lines.push(wrong_length(signed.signature));
            None
        }
    };
    lines.push(fit.unwrap_or_else(|| {
        "the signature fits neither that hash nor any that clients are known to sign in its stead: \
         another key signed, or another message"
            .to_owned()
    }));
    lines.extend(signed.differences.iter().cloned());
    lines
}

fn fit_of(hashes: &[Candidate], key: Felt, r: Felt, s: Felt, who: &str) -> Option<String> {
    let found = hashes.iter().find(|it| it.fits(key, r, s));
    if let Some(Candidate { hash, what }) = found {
        return Some(format!("the signature of {who} fits the hash {hash:#x}: {what}"));
    }
    let swapped = hashes.iter().find(|it| it.fits(key, s, r))?;
    Some(format!("the signature of {who} fits the hash {:#x} with r and s swapped", swapped.hash))
}
