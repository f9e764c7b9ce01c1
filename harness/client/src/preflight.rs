//! The account's rules for sessions, asked of what a client knows before anything is sent.
//!
//! Each function asks in the order in which the account does and returns the first rule that does not
//! hold, as the account would: so a caller matches `refusal.rule() == Some(Rule::Expired)` whoever
//! refuses. The model of `harness/tests` holds this order to the contract's.
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
//! Refused in the steps 1 to 5, a plain transaction is in no block and costs nothing. Refused later, by
//! the account or by a contract that it calls, it reverts, pays its fee and has used up a call.
//!
//! That nothing is refused here is no promise. No client knows beforehand
//!
//! - what contracts without a policy will take: `OverWindowMaximum` for a measured outflow, and
//!   `NoBalance` of a token that does not say what the account holds;
//! - whether a contract that is called will revert, or what outside executions that it submits do;
//! - what other transactions change first: calls left, windows, limits, the nonce;
//! - which time the block will have: a transaction that waits, ends later;
//! - what another class left in the account's storage.
//!
//! ```
//! use session_client::preflight::{Known, Plain};
//! use session_client::{Rule, State, token};
//! use starknet_rust::core::types::Felt;
//!
//! let account = Felt::from(0xacc);
//! // `SessionContract::state` reads it from the chain.
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

/// What a client knows of the account that is to act.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Known<'a> {
    /// The account.
    pub account: Felt,
    /// The session; `None` if the account has none of the key.
    pub state: Option<&'a State>,
    /// The time that the transaction will see, in Unix seconds.
    pub now: u64,
    /// What [`is_call_allowed`](crate::SessionContract::is_call_allowed) answers for each call of the
    /// batch. It is looked at where the state has no list: without either, no call is refused for it.
    pub answers: Option<&'a [bool]>,
}

/// A plain transaction that a session signs, and its account pays.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Plain<'a> {
    /// The calls of its batch.
    pub calls: &'a [Call],
    /// The end that its signature says.
    pub valid_until: Felt,
    /// Whether the session's key has signed the transaction's hash; `None` if nobody has signed yet.
    pub is_signed: Option<bool>,
    /// Whether it carries paymaster data or account-deployment data. starknet-rust's never do.
    pub has_more_data: bool,
    /// Whether it is only estimated or simulated: then no fee limit is asked.
    pub is_estimate: bool,
    /// The most that it commits to pay: [`Bounds::most`](crate::Bounds::most) of its bounds. `None` before
    /// they are known.
    pub most_fee: Option<Fri>,
    /// What the account holds, if that is known.
    pub balance: Option<Fri>,
}

/// An outside execution that a session signs, and somebody else pays.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Outside<'a> {
    /// What is signed.
    pub execution: &'a OutsideExecution,
    /// The end that its signature says.
    pub valid_until: Felt,
    /// Whether the session's key has signed its hash; `None` if nobody has signed yet.
    pub is_signed: Option<bool>,
    /// The contract that will submit it, if that is known.
    pub submitter: Option<Felt>,
    /// Whether its nonce was spent before, if that is known.
    pub is_nonce_spent: Option<bool>,
}

impl<'a> Plain<'a> {
    /// Makes `calls`, and is signed by the session's own key or will be. `valid_until`, in Unix
    /// seconds, is the end that the signature says.
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

    /// Commits to pay at most `most_fee`.
    #[must_use]
    pub const fn costing(self, most_fee: Fri) -> Self {
        Self { most_fee: Some(most_fee), ..self }
    }

    /// Says that it is paid from an account that holds `balance`.
    #[must_use]
    pub const fn paid_from(self, balance: Fri) -> Self {
        Self { balance: Some(balance), ..self }
    }
}

impl<'a> Outside<'a> {
    /// Takes `execution`, which is signed by the session's own key, or will be. `valid_until`, in Unix
    /// seconds, is the end that the signature says.
    #[must_use]
    pub fn new(execution: &'a OutsideExecution, valid_until: u64) -> Self {
        let (is_signed, submitter, is_nonce_spent) = (None, None, None);
        Self { execution, valid_until: valid_until.into(), is_signed, submitter, is_nonce_spent }
    }

    /// Says that it will be submitted by the contract `submitter`: a relayer's account, or a forwarder.
    #[must_use]
    pub const fn submitted_by(self, submitter: Felt) -> Self {
        Self { submitter: Some(submitter), ..self }
    }
}

impl<'a> Known<'a> {
    /// Knows of `account` the session `state`, and that the transaction will see the time `now`, in
    /// Unix seconds.
    #[must_use]
    pub const fn new(account: Felt, state: Option<&'a State>, now: u64) -> Self {
        Self { account, state, now, answers: None }
    }

    /// Knows what the account `answers` for each call of the batch, in place of the list.
    #[must_use]
    pub const fn answered(self, answers: &'a [bool]) -> Self {
        Self { answers: Some(answers), ..self }
    }

    /// Asks all that is known to stand against a plain transaction, in the chain's order.
    ///
    /// # Errors
    /// The first rule that does not hold, or [`Cause::Balance`], foretold.
    pub fn plain(&self, plain: &Plain<'_>) -> Result<(), Refusal> {
        if let (Some(most_fee), Some(holds)) = (plain.most_fee, plain.balance) {
            balance(holds, most_fee)?;
        }
        self.validate(plain).and_then(|()| self.execute(plain)).map_err(Refusal::foretold)
    }

    /// Asks what `__validate__` asks of a plain transaction. Where it refuses, it says 0 and never which
    /// rule, and the transaction is in no block.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn validate(&self, plain: &Plain<'_>) -> Result<(), Rule> {
        let state = self.state.ok_or(Rule::NotFound)?;
        check_use(state, plain.valid_until, self.now - self.now % HOUR)?;
        check_fee(state, plain)?;
        list::check(self, state, plain.calls)?;
        check_signature(plain.is_signed)
    }

    /// Asks what `__execute__` asks of a plain transaction that `__validate__` took, before any call is
    /// made. Where it refuses, the transaction reverts and pays its fee.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn execute(&self, plain: &Plain<'_>) -> Result<(), Rule> {
        let state = self.state.ok_or(Rule::NotFound)?;
        if self.now > state.valid_until {
            return Err(Rule::Expired);
        }
        spending::check(self.account, &state.policies, plain.calls, self.now)
    }

    /// Asks all that is known to stand against an outside execution, in the account's order. Who
    /// submits it pays: [`balance`] asks that of the submitter's own transaction.
    ///
    /// # Errors
    /// The first rule that does not hold, foretold.
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

/// Asks whether an account that holds `holds` can pay a transaction that commits to pay `most_fee`. The
/// chain asks it before the account is asked anything.
///
/// # Errors
/// [`Cause::Balance`], foretold.
pub fn balance(holds: Fri, most_fee: Fri) -> Result<(), Refusal> {
    if most_fee <= holds {
        return Ok(());
    }
    let why =
        format!("the account that pays holds {holds}, and the transaction may cost {most_fee}");
    Err(Refusal::foreseen(Cause::Balance, &why))
}

/// Asks SNIP-9's own rules, in the order of `execute_from_outside_v2`.
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

/// Asks what `rules::check_use` asks, at the time `now` that the entry point is shown.
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

/// Asks what `rules::check_transaction` asks. Under the limit 0 it refuses whatever the bounds are.
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
