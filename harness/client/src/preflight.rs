//! Checks calls against the account's rules for sessions, with what a client knows before anything is sent.
//!
//! Each function returns the first broken rule. For an outside execution the order is the account's. Of a
//! plain transaction `__validate__` does not say which rule is broken, so the order is the client's: what ends
//! a session comes before what it costs. A caller can match `refusal.rule() == Some(Rule::Expired)`, whether
//! the client or the account refused. The model in `harness/tests` compares the answers with the contract's.
//!
//! | step | a plain transaction | an outside execution |
//! | --- | --- | --- |
//! | 1 | the chain: [`Cause::Balance`] | `InvalidCaller`, `TooEarly`, `TooLate`, `NonceUsed` of SNIP-9 |
//! | 2 | `__validate__`: `NotFound`, `WrongValidUntil`, `Expired` by the full hour, `Exhausted` | `NotFound`, `WrongValidUntil`, `Expired`, `Exhausted` |
//! | 3 | `NotPlain`, `OverFeeLimit` | |
//! | 4 | the list: `NoCalls`; then for each call `SelfCall`, `BlockedSelector`, `CallNotAllowed` | the same |
//! | 5 | `InvalidSignature` | the same |
//! | 6 | `__execute__`: `Expired`, to the second | |
//! | 7 | for each call of a token with a policy `SelectorNotCounted`, `InvalidAmount`, `OverCallMaximum`, `OverWindowMaximum` | the same |
//!
//! A plain transaction that is refused in steps 1 to 5 is in no block and costs nothing. One that is
//! refused later, by the account or by a contract that it calls, reverts: it pays its fee and uses up one
//! of the session's calls.
//!
//! A check that passes is no promise. A client cannot know beforehand:
//!
//! - what contracts without a policy will take: `OverWindowMaximum` for what leaves the account while they
//!   are called, and `NoBalance` of a token that does not answer `balance_of`;
//! - whether a called contract will revert, and what outside executions do that it submits;
//! - what other transactions change first: calls left, windows, limits, the nonce;
//! - which time the block will have: a transaction that waits sees a later time;
//! - what another class of the account left in its storage.
//! ```
//! use session_client::preflight::{Known, Plain};
//! use session_client::{Rule, State, token};
//! use starknet_rust::core::types::Felt;
//!
//! let account = Felt::from(0xacc);
//! // `SessionContract::state` reads the state from the chain.
//! let state = State::new(Felt::from(0x5e), 1_800_000_000, 10);
//! let calls = [token::transfer(token::STRK, Felt::from(0xbeef), 7)];
//! let known = Known::new(account, Some(&state), 1_800_000_001);
//! let refused = known.plain(&Plain::new(&calls, state.valid_until));
//! assert_eq!(refused.unwrap_err().rule(), Some(Rule::Expired));
//! ```

mod list;
mod spending;
#[cfg(test)]
mod tests;

use starknet_rust::core::types::{Call, Felt};

use crate::fri::Fri;
use crate::outside_execution::{Caller, OutsideExecution};
use crate::refusal::{Cause, Refusal};
use crate::rule::Rule;
use crate::state::State;

/// `__validate__` is shown the block's time rounded down to a multiple of this, in seconds.
const HOUR: u64 = 3_600;

/// The facts about an account that a client knows, against which it checks a transaction.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Known<'a> {
    /// The account's address.
    pub account: Felt,
    /// The session; `None` if the account has no session of the key.
    pub state: Option<&'a State>,
    /// The time that the transaction will see, in Unix seconds.
    pub now: u64,
    /// The account's answers to [`is_call_allowed`](crate::SessionContract::is_call_allowed), one for each
    /// call of the batch. They are used if `state` has no list; without a list and without answers, no call
    /// is refused for the list.
    pub answers: Option<&'a [bool]>,
}

/// A plain transaction: signed by a session key and paid for by the account.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Plain<'a> {
    /// The calls that it makes, in order.
    pub calls: &'a [Call],
    /// The session's end that its signature names.
    pub valid_until: Felt,
    /// Whether its signature is the session key's; `None` if it is not signed yet.
    pub is_signed: Option<bool>,
    /// Whether it carries paymaster data or account-deployment data. starknet-rust's transactions never do.
    pub has_more_data: bool,
    /// Whether it is only estimated or simulated; the account does not check the fee limit then.
    pub is_estimate: bool,
    /// The most FRI that it commits to pay ([`Bounds::most`](crate::Bounds::most) of its bounds); `None`
    /// before the bounds are known.
    pub most_fee: Option<Fri>,
    /// The account's balance, if it is known.
    pub balance: Option<Fri>,
}

/// An outside execution: signed by a session key, submitted and paid for by somebody else.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Outside<'a> {
    /// The outside execution that is signed.
    pub execution: &'a OutsideExecution,
    /// The session's end that its signature names.
    pub valid_until: Felt,
    /// Whether its signature is the session key's; `None` if it is not signed yet.
    pub is_signed: Option<bool>,
    /// The contract that will submit it, if it is known.
    pub submitter: Option<Felt>,
    /// Whether its nonce is spent, if it is known.
    pub is_nonce_spent: Option<bool>,
}

impl<'a> Plain<'a> {
    /// Describes a transaction that makes `calls` and is, or will be, signed by the session's own key.
    /// `valid_until`, in Unix seconds, is the session's end that the signature names.
    #[must_use]
    pub fn new(calls: &'a [Call], valid_until: u64) -> Self {
        Self {
            calls,
            valid_until: valid_until.into(),
            is_signed: None,
            has_more_data: false,
            is_estimate: false,
            most_fee: None,
            balance: None,
        }
    }

    /// Sets the most FRI that the transaction commits to pay.
    #[must_use]
    pub const fn costing(self, most_fee: Fri) -> Self {
        Self { most_fee: Some(most_fee), ..self }
    }

    /// Sets the balance of the account that pays.
    #[must_use]
    pub const fn paid_from(self, balance: Fri) -> Self {
        Self { balance: Some(balance), ..self }
    }
}

impl<'a> Outside<'a> {
    /// Describes `execution`, which is, or will be, signed by the session's own key. `valid_until`, in Unix
    /// seconds, is the session's end that the signature names.
    #[must_use]
    pub fn new(execution: &'a OutsideExecution, valid_until: u64) -> Self {
        let (is_signed, submitter, is_nonce_spent) = (None, None, None);
        Self { execution, valid_until: valid_until.into(), is_signed, submitter, is_nonce_spent }
    }

    /// Sets the contract that will submit it: a relayer's account or a forwarder.
    #[must_use]
    pub const fn submitted_by(self, submitter: Felt) -> Self {
        Self { submitter: Some(submitter), ..self }
    }
}

impl<'a> Known<'a> {
    /// Holds the facts that `account` has the session `state` and that the transaction will see the time
    /// `now`, in Unix seconds.
    #[must_use]
    pub const fn new(account: Felt, state: Option<&'a State>, now: u64) -> Self {
        Self { account, state, now, answers: None }
    }

    /// Sets the account's answers to `is_call_allowed`, one for each call of the batch, which replace the
    /// list.
    #[must_use]
    pub const fn answered(self, answers: &'a [bool]) -> Self {
        Self { answers: Some(answers), ..self }
    }

    /// Checks a plain transaction against all rules that the client knows, in the order of the table above.
    ///
    /// # Errors
    /// The first broken rule, or [`Cause::Balance`], as a foretold [`Refusal`].
    pub fn plain(&self, plain: &Plain<'_>) -> Result<(), Refusal> {
        if let (Some(most_fee), Some(holds)) = (plain.most_fee, plain.balance) {
            balance(holds, most_fee)?;
        }
        self.validate(plain).and_then(|()| self.execute(plain)).map_err(Refusal::foretold)
    }

    /// Checks what `__validate__` checks of a plain transaction. If `__validate__` refuses, it returns 0
    /// and does not say which rule is broken, and the transaction is in no block.
    ///
    /// # Errors
    /// The first broken rule.
    pub fn validate(&self, plain: &Plain<'_>) -> Result<(), Rule> {
        let state = self.state.ok_or(Rule::NotFound)?;
        check_use(state, plain.valid_until, self.now - self.now % HOUR)?;
        check_fee(state, plain)?;
        list::check(self, state, plain.calls)?;
        check_signature(plain.is_signed)
    }

    /// Checks what `__execute__` checks of a plain transaction that passed `__validate__`, before it makes
    /// any call. If `__execute__` refuses, the transaction reverts and pays its fee.
    ///
    /// # Errors
    /// The first broken rule.
    pub fn execute(&self, plain: &Plain<'_>) -> Result<(), Rule> {
        let state = self.state.ok_or(Rule::NotFound)?;
        if self.now > state.valid_until {
            return Err(Rule::Expired);
        }
        spending::check(self.account, &state.policies, plain.calls, self.now)
    }

    /// Checks an outside execution against all rules that the client knows, in the account's order. The
    /// submitter pays: check its own transaction with [`balance`].
    ///
    /// # Errors
    /// The first broken rule, as a foretold [`Refusal`].
    pub fn outside(&self, outside: &Outside<'_>) -> Result<(), Refusal> {
        self.check_outside(outside).map_err(Refusal::foretold)
    }

    fn check_outside(&self, outside: &Outside<'_>) -> Result<(), Rule> {
        check_envelope(outside, self.now)?;
        let (state, calls) = (self.state.ok_or(Rule::NotFound)?, &outside.execution.calls);
        check_use(state, outside.valid_until, self.now)?;
        list::check(self, state, calls)?;
        check_signature(outside.is_signed)?;
        spending::check(self.account, &state.policies, calls, self.now)
    }
}

/// Checks whether an account with the balance `holds` can pay for a transaction that commits to pay
/// `most_fee`. The chain checks this before it calls the account.
///
/// # Errors
/// [`Cause::Balance`], as a foretold [`Refusal`].
pub fn balance(holds: Fri, most_fee: Fri) -> Result<(), Refusal> {
    if most_fee <= holds {
        return Ok(());
    }
    let why =
        format!("the account that pays holds {holds}, and the transaction may cost {most_fee}");
    Err(Refusal::foreseen(Cause::Balance, &why))
}

/// Checks SNIP-9's own rules, in the order of `execute_from_outside_v2`.
fn check_envelope(outside: &Outside<'_>, now: u64) -> Result<(), Rule> {
    let OutsideExecution { caller, execute_after, execute_before, .. } = outside.execution;
    let is_other = |named: Felt| outside.submitter.is_some_and(|submitter| submitter != named);
    match caller {
        Caller::Only(named) if *named != Felt::ZERO && is_other(*named) => {
            Err(Rule::OutsideInvalidCaller)
        }
        _ if *execute_after >= now => Err(Rule::OutsideTooEarly),
        _ if now >= *execute_before => Err(Rule::OutsideTooLate),
        _ if outside.is_nonce_spent == Some(true) => Err(Rule::OutsideNonceUsed),
        _ => Ok(()),
    }
}

/// Checks what `rules::check_use` of the contract checks, at the time `now` that the entry point sees.
fn check_use(state: &State, valid_until: Felt, now: u64) -> Result<(), Rule> {
    if valid_until != state.valid_until.into() {
        Err(Rule::WrongValidUntil)
    } else if now > state.valid_until {
        Err(Rule::Expired)
    } else if state.calls_left == 0 {
        Err(Rule::Exhausted)
    } else {
        Ok(())
    }
}

/// Checks what `rules::check_plain` and `rules::check_fee` of the contract check. A fee limit of 0 refuses a
/// plain transaction whatever its bounds are.
fn check_fee(state: &State, plain: &Plain<'_>) -> Result<(), Rule> {
    let is_over =
        |limit| limit == Fri(0) || plain.most_fee.is_some_and(|most_fee| most_fee > limit);
    if plain.has_more_data {
        Err(Rule::NotPlain)
    } else if !plain.is_estimate && state.fee_limit.is_some_and(is_over) {
        Err(Rule::OverFeeLimit)
    } else {
        Ok(())
    }
}

fn check_signature(is_signed: Option<bool>) -> Result<(), Rule> {
    if is_signed == Some(false) { Err(Rule::InvalidSignature) } else { Ok(()) }
}
