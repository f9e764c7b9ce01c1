//! Explains refusals: which rule refused, and which of the client's bytes are wrong.

mod hashes;
mod lists;
mod signature;
mod signed;
mod spending;

use starknet_rust::core::types::{
    Call, ExecuteInvocation, Felt, SimulatedTransaction, TransactionTrace,
};

use super::names::Names;
use super::signer::Signer;
use super::words;

pub use hashes::{Transaction, of_outside_execution, of_transaction};
use signed::TOLD;
pub use signed::{Kind, Signed};

use session_client::Node;
use session_client::Rule;
use session_client::preflight::{Known, Plain};
use session_client::{Cause, Fri, Refusal, SessionContract};

/// How many characters of a node's message are kept.
const TRACE: usize = 1_500;
/// How many characters of the chain's numbers are told.
const NUMBERS: usize = 200;

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The account's rule that refused, if one did.
    pub rule: Option<Rule>,
    /// One line for each fact: first a sentence, then the numbers behind it.
    pub lines: Vec<String>,
    /// What the node said, cut where the rest is of no use.
    pub trace: String,
    /// The signer whose key fits the signature, if one was found.
    pub signer: Signer,
}

impl Diagnosis {
    /// Makes a diagnosis that only repeats what the node said. `signature` is not checked.
    pub fn unexplained(refusal: &Refusal, signature: &[Felt]) -> Self {
        let (lines, signer) = (vec![refusal.said().to_owned()], Signer::unknown(signature));
        Self { rule: None, lines, trace: trace(refusal), signer }
    }

    /// Makes a diagnosis of calls that revert, if nobody has signed them.
    pub fn of_calls(refusal: &Refusal, calls: &[Call], names: &Names) -> Self {
        let (lines, signer) = (vec![reverted(refusal, calls, names)], Signer::unknown(&[]));
        Self { rule: refusal.rule(), lines, trace: trace(refusal), signer }
    }

    /// Writes the explanation alone, for clients that get the node's own message beside it.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// Writes the explanation and, after it, what the node said.
    pub fn whole(&self) -> String {
        if self.trace.is_empty() {
            self.text()
        } else {
            format!("{}\n\n{}", self.text(), self.trace)
        }
    }
}

/// Explains a refusal. If it names no rule, this asks the account's views which rule it was.
pub async fn explain(node: &Node, refusal: &Refusal, signed: &Signed<'_>) -> Diagnosis {
    let owner = SessionContract::new(signed.account, node.clone()).public_key().await.ok();
    let (rule, lines) = match refusal.cause() {
        Cause::NotValid => validation(node, signed, owner).await,
        Cause::Rule(rule) => broken(node, rule, signed, owner).await,
        Cause::OverBounds => (None, over_bounds(refusal)),
        cause => {
            let told = of_the_transaction(cause).map(str::to_owned);
            (None, vec![told.unwrap_or_else(|| reverted(refusal, signed.calls, signed.names))])
        }
    };
    Diagnosis { rule, lines, trace: trace(refusal), signer: signature::signer(signed, owner) }
}

/// Returns the sentence about a cause that lies in the transaction itself, and in none of its calls.
const fn of_the_transaction(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::Balance => {
            "the account that pays holds less STRK than the transaction may cost: send it STRK, or lower the bounds"
        }
        Cause::Bounds => {
            "the transaction's resource bounds, or the prices in them, are too low: estimate the fee again"
        }
        Cause::Nonce => {
            "the transaction's nonce is not the account's next one: read it at pre_confirmed, and sign again"
        }
        Cause::NoContract => "there is no contract at an address that the transaction names",
        Cause::NoClass => "a class that the transaction names is not declared",
        _ => return None,
    })
}

fn over_bounds(refusal: &Refusal) -> Vec<String> {
    let told = "the transaction used more gas than its resource bounds allow, so what it did was undone: estimate it \
                with its signature and with validation (starknet.js: { skipValidate: false }), since a session's \
                checks use gas too";
    let numbers = refusal.said().lines().next().unwrap_or_default();
    vec![told.to_owned(), numbers.chars().take(NUMBERS).collect()]
}

fn trace(refusal: &Refusal) -> String {
    refusal.said().chars().take(TRACE).collect()
}

/// Explains that `signed` broke `rule`.
async fn broken(
    node: &Node,
    rule: Rule,
    signed: &Signed<'_>,
    owner: Option<Felt>,
) -> (Option<Rule>, Vec<String>) {
    // If the signature's form shows the mistake, other lines would only distract.
    if let Some(told) = signature::mistake(rule, signed, owner) {
        return (Some(rule), vec![format!("{rule}: {told}")]);
    }
    let mut lines = vec![sentence(rule, signed)];
    if rule.is_of_a_signature() {
        lines.extend(signature::numbers(signed, owner));
    } else if let [session_key, _, _, valid_until] = *signed.signature {
        lines.extend(session(node, rule, signed, session_key, valid_until).await);
    }
    (Some(rule), lines)
}

/// Says what `rule` means for this kind of message, and what to do about it.
fn sentence(rule: Rule, signed: &Signed<'_>) -> String {
    let is_of_a_session = matches!(signed.signature, [_, _, _, _]);
    let (meaning, remedy) = match (rule, signed.kind) {
        (Rule::InvalidSignature, Kind::Plain) => (
            "the session's key did not sign this transaction for this account, chain and nonce",
            "sign it again, by the hash that is named here",
        ),
        (Rule::AccountInvalidSignature, Kind::Plain) => (
            "the owner's key did not sign this transaction for this account, chain and nonce",
            "sign it with the owner's key, or as a session does, with four felts",
        ),
        (Rule::Expired, Kind::Outside) => (
            "the session has ended; what it signed before its end cannot be submitted any more",
            "create a fresh session key, register that, and sign anew",
        ),
        (Rule::NotFound, _) if is_of_a_session => (
            "the account has no such session, or not any more",
            "register a fresh session key, and sign with that",
        ),
        _ => (rule.meaning(), rule.remedy()),
    };
    format!("{rule}: {meaning}; {remedy}")
}

/// Explains that `__validate__` returned 0, which does not say why. It checks the account's rules in the
/// account's order.
async fn validation(
    node: &Node,
    signed: &Signed<'_>,
    owner: Option<Felt>,
) -> (Option<Rule>, Vec<String>) {
    let rule = match *signed.signature {
        [key, _, _, valid_until] => session_rule(node, signed, key, valid_until).await,
        _ => Some(Rule::AccountInvalidSignature),
    };
    match rule {
        Some(rule) => broken(node, rule, signed, owner).await,
        None => {
            let told = "the account refused it, and none of the rules that can be checked now says why: \
                        the state may have changed since";
            (None, vec![told.to_owned()])
        }
    }
}

/// Says in words that `calls` revert, whether they are in a block or were only tried.
fn reverted(refusal: &Refusal, calls: &[Call], names: &Names) -> String {
    let told = calls.iter().take(TOLD).map(|call| words::call(call, names));
    let told = told.collect::<Vec<_>>().join(", ");
    match (refusal.cause(), refusal.panic()) {
        (Cause::NoFunction, _) => {
            format!("a contract that is called has no such function: {told}")
        }
        (_, Some(error)) => format!("the calls revert with '{error}': {told}"),
        _ => format!("the calls revert: {told}"),
    }
}

/// Returns the reason for which a simulated transaction reverts, if it does.
pub fn revert_reason(simulated: &SimulatedTransaction) -> Option<&str> {
    match &simulated.transaction_trace {
        TransactionTrace::Invoke(trace) => match &trace.execute_invocation {
            ExecuteInvocation::Reverted(reverted) => Some(&reverted.revert_reason),
            ExecuteInvocation::Success(_) => None,
        },
        _ => None,
    }
}

/// Returns a rule by which `__validate__` refuses a session's transaction. The client's preflight
/// checks them.
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

/// Returns what is known of the session that was refused.
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
        Rule::WrongValidUntil => {
            let named = format!(
                "valid_until in the signature is {valid_until}, registered is {}",
                data.valid_until
            );
            let wrong = u64::try_from(valid_until).ok().and_then(words::milliseconds);
            [Some(named), wrong].into_iter().flatten().collect()
        }
        Rule::Expired => match node.now().await {
            Ok(now) => {
                let [end, now] = [data.valid_until, now].map(words::moment);
                vec![format!("it ended at {end}, the chain's time is {now}")]
            }
            Err(_) => Vec::new(),
        },
        Rule::Exhausted => {
            vec![format!("{} of {} transactions are used", data.calls_used, data.max_calls)]
        }
        Rule::CallNotAllowed => match contract.allowed(session_key).await {
            Ok(Some(allowed)) => lists::not_allowed(&allowed, signed.calls, signed.names),
            _ => Vec::new(),
        },
        Rule::SelfCall => {
            lists::self_calls(signed.calls, signed.account, session_key, signed.names)
        }
        Rule::BlockedSelector => lists::blocked(signed.calls, signed.names),
        Rule::NotFound => vec![format!("the key in the signature is {session_key:#x}")],
        Rule::SpendingOverCallMaximum
        | Rule::SpendingOverWindowMaximum
        | Rule::SpendingSelectorNotCounted => {
            spending::numbers(node, rule, signed, session_key).await
        }
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
            let [most, limit] = [max_fee.to_biguint(), limit.into()].map(words::fee);
            format!("the transaction may cost {most}, and the session's limit is {limit}")
        }
        None => format!("the session's limit is {}", words::fee(limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_the_gas_exceeds_are_told_with_the_remedy_and_the_numbers() {
        let said = "Insufficient max L2Gas: max amount: 1736775, actual used: 2761134";
        let lines = over_bounds(&Refusal::read(said));
        assert!(
            lines[0].contains("skipValidate: false") && lines[1].contains("2761134"),
            "{lines:?}"
        );
    }
}
