//! Refusals that teach: which rule refused, and which of the client's bytes are wrong.

mod hashes;

use starknet_rust_core::types::{Call, Felt};

pub use hashes::{Candidate, Transaction, of_outside_execution, of_transaction};

use super::clock::now;
use super::names;
use super::relayers::Node;
use crate::contract::{SessionContract, SessionData};
use crate::explain::explain;
use crate::limits::{AllowedCall, BLOCKED_FUNCTIONS};
use crate::name::{selector, short_string};

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
        _ => None,
    };
    if let Some(error) = error {
        return refusal(node, &format!("'{error}'"), signed).await;
    }
    let felts = signed.signature.len();
    Refusal {
        rule: Some("Account: invalid signature"),
        lines: vec![format!(
            "a signature has 2 felts, [r, s] of the owner, or 4, [session_key, r, s, valid_until] \
             of a session: this one has {felts}"
        )],
    }
}

/// The first of the account's rules for sessions that does not hold.
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
        Some("Session: not found")
    } else if valid_until != data.valid_until.into() {
        Some("Session: wrong valid_until")
    } else if now > data.valid_until {
        Some("Session: expired")
    } else if data.calls_used >= data.max_calls {
        Some("Session: no calls left")
    } else if signed.calls.is_empty() {
        Some("Session: empty batch")
    } else if signed.calls.iter().any(|call| call.to == signed.account) {
        Some("Session: call to the account")
    } else if signed.calls.iter().any(|call| is_blocked(call.selector)) {
        Some("Session: blocked selector")
    } else {
        let allowed = contract.session_allowed_calls(session_key).await.ok()?;
        if signed.calls.iter().any(|call| !is_allowed(&allowed, call)) {
            Some("Session: call not allowed")
        } else if signed.hashes.first()?.fits(session_key, signed.signature[1], signed.signature[2])
        {
            // All that is left: what a plain transaction may commit to pay, and carry.
            Some("Session: fee over limit")
        } else {
            Some("Session: invalid signature")
        }
    }
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
        Some("Session: call not allowed") => {
            let allowed = contract.session_allowed_calls(session_key).await.unwrap_or_default();
            not_allowed(&allowed, signed.calls)
        }
        Some("Session: blocked selector") => signed
            .calls
            .iter()
            .filter(|call| is_blocked(call.selector))
            .map(|call| format!("no session may call {}", names::of(call.selector)))
            .collect(),
        Some("Session: not found") => vec![format!("the key in the signature is {session_key:#x}")],
        Some("Session: fee over limit") => {
            match contract.session_fee_limit(session_key).await.ok().flatten() {
                Some(limit) => vec![format!("the session's limit is {limit} FRI")],
                None => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn not_allowed(allowed: &[AllowedCall], calls: &[Call]) -> Vec<String> {
    let refused = calls
        .iter()
        .filter(|call| !is_allowed(allowed, call))
        .map(|call| format!("{} of {:#x} is not whitelisted", names::of(call.selector), call.to));
    let listed: Vec<_> = allowed
        .iter()
        .map(|it| {
            let name = names::of(it.selector);
            if it.to == Felt::ZERO { name } else { format!("{name} of {:#x}", it.to) }
        })
        .collect();
    refused.chain([format!("whitelisted: {}", listed.join(", "))]).collect()
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
            lines.push(format!(
                "a signature has 2 felts, [r, s] of the owner, or 4, [session_key, r, s, \
                 valid_until] of a session: this one has {}",
                signed.signature.len()
            ));
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

fn is_blocked(function: Felt) -> bool {
    BLOCKED_FUNCTIONS.iter().any(|name| selector(name) == function)
}

fn is_allowed(allowed: &[AllowedCall], call: &Call) -> bool {
    allowed.is_empty()
        || allowed
            .iter()
            .any(|it| it.selector == call.selector && (it.to == Felt::ZERO || it.to == call.to))
}
