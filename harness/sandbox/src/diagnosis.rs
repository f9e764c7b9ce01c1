//! Refusals that teach: which rule refused, and which of the client's bytes are wrong.

mod hashes;
mod lists;

use starknet_rust::core::types::{Call, Felt};

pub use hashes::{Candidate, Transaction, of_outside_execution, of_transaction};

use session_client::Node;
use session_client::Rule;
use session_client::felt::short_string;
use session_client::preflight::{Known, Plain};
use session_client::{Cause, Fri, Refusal, SessionContract};

/// The first element of the signatures of another kind of account.
const ENVELOPE: &str = "V2_SNIP12";

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The account's rule, if it was one.
    pub rule: Option<Rule>,
    /// One line for each thing that is to be known.
    pub lines: Vec<String>,
}

impl Diagnosis {
    /// Writes it as text.
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

/// Explains a refusal: by the rule that it names, or by asking which one it is, if it names none.
pub async fn explain(node: &Node, refusal: &Refusal, signed: &Signed<'_>) -> Diagnosis {
    match refusal.cause() {
        Cause::NotValid => validation(node, signed).await,
        Cause::Rule(rule) => broken(node, rule, signed).await,
        _ => Diagnosis { rule: None, lines: vec![refusal.said().to_owned()] },
    }
}

/// Explains that `rule` is broken.
async fn broken(node: &Node, rule: Rule, signed: &Signed<'_>) -> Diagnosis {
    let mut lines = vec![format!("{rule}: {}; {}", rule.meaning(), rule.remedy())];
    if rule.is_of_a_signature() {
        lines.extend(signature(node, signed).await);
    } else if let [session_key, _, _, valid_until] = *signed.signature {
        lines.extend(session(node, rule, signed, session_key, valid_until).await);
    }
    Diagnosis { rule: Some(rule), lines }
}

/// Explains that `__validate__` returned 0, which says nothing: asks in the account's order what it
/// asked.
async fn validation(node: &Node, signed: &Signed<'_>) -> Diagnosis {
    let rule = match *signed.signature {
        [key, _, _, valid_until] => session_rule(node, signed, key, valid_until).await,
        [_, _] => Some(Rule::AccountInvalidSignature),
        _ => {
            return Diagnosis {
                rule: Some(Rule::AccountInvalidSignature),
                lines: vec![wrong_length(signed.signature)],
            };
        }
    };
    match rule {
        Some(rule) => broken(node, rule, signed).await,
        None => {
            let told = "the account refused it, and none of its rules that can be asked now says why: \
                        what it read may have changed since";
            Diagnosis { rule: None, lines: vec![told.to_owned()] }
        }
    }
}

/// Returns the first of the rules by which `__validate__` refuses a session's transaction, as the client
/// asks them.
async fn session_rule(
    node: &Node,
    signed: &Signed<'_>,
    session_key: Felt,
    valid_until: Felt,
) -> Option<Rule> {
    let contract = SessionContract::new(signed.account, node.clone());
    let state = contract.state(session_key).await.ok()?;
    let now = node.now().await.ok()?;
    let mut plain = Plain::new(signed.calls, 0);
    plain.valid_until = valid_until;
    plain.is_estimate = signed.max_fee.is_none();
    plain.most_fee = signed.max_fee.map(|fee| Fri(fee.try_into().unwrap_or(u128::MAX)));
    let [r, s] = [signed.signature[1], signed.signature[2]];
    plain.is_signed = signed.hashes.first().map(|it| it.fits(session_key, r, s));
    Known::new(signed.account, state.as_ref(), now).validate(&plain).err()
}

/// Returns what is known of a session whose use was refused.
async fn session(
    node: &Node,
    rule: Rule,
    signed: &Signed<'_>,
    session_key: Felt,
    valid_until: Felt,
) -> Vec<String> {
    let contract = SessionContract::new(signed.account, node.clone());
    let Ok(data) = contract.session_data(session_key).await else { return Vec::new() };
    match rule {
        Rule::WrongValidUntil => vec![format!(
            "valid_until in the signature is {valid_until}, registered is {}",
            data.valid_until
        )],
        Rule::Expired => match node.now().await {
            Ok(now) => vec![format!("it ended at {}, the chain's time is {now}", data.valid_until)],
            Err(_) => Vec::new(),
        },
        Rule::Exhausted => {
            vec![format!("{} of {} transactions are used", data.calls_used, data.max_calls)]
        }
        Rule::CallNotAllowed => match contract.allowed(session_key).await {
            Ok(Some(allowed)) => lists::not_allowed(&allowed, signed.calls),
            _ => Vec::new(),
        },
        Rule::SelfCall => lists::self_calls(signed.calls, signed.account, session_key),
        Rule::BlockedSelector => lists::blocked(signed.calls),
        Rule::NotFound => vec![format!("the key in the signature is {session_key:#x}")],
        Rule::OverFeeLimit => {
            let limit = contract.session_fee_limit(session_key).await.ok().flatten();
            limit.map(|Fri(limit)| over_limit(limit, signed.max_fee)).into_iter().collect()
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

/// Finds which hash the signature fits, if it is not the one that the account computes.
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
