//! The grant: what the owner allows a session.

use serde::{Deserialize, Serialize};
use starknet_rust::core::types::{Call, Felt};

use crate::contract::{Allowed, SessionContract};
use crate::error::{Error, Result};
use crate::fri::Fri;
use crate::limits::{
    AllowedCall, MOST_TOKENS, ScopedLimits, SessionLimits, SpendingLimits, is_blocked,
};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::state::State;

/// What the owner allows a session: what it may call, until when, how many transactions it may make, and
/// what it may spend.
///
/// The end and the number of transactions must be set: a grant without [`until`](Self::until) or
/// [`max_calls`](Self::max_calls) is refused.
///
/// Every session starts with the fee limit 0, whatever it may call and whatever fee limit its key had
/// before. It then pays no fees and works through a relayer only. [`fee_limit`](Self::fee_limit) and
/// [`without_fee_limit`](Self::without_fee_limit) change that.
///
/// ```
/// use session_client::felt::selector;
/// use session_client::{AllowedCall, Fri, Grant, SpendingLimits, token};
///
/// let grant = Grant::for_calls([AllowedCall::new(token::STRK, selector("transfer"))])
///     .until(1_800_000_000)
///     .max_calls(20)
///     .fee_limit("0.2strk".parse::<Fri>()?)
///     .spend(token::STRK, SpendingLimits::per_day(5_u8.into(), 20_u8.into()));
/// # Ok::<(), session_client::NotFri>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    list: Allowed,
    valid_until: u64,
    max_calls: u32,
    /// The fee limit that is set with the registration; `None` for no limit. JSON without this field means
    /// 0.
    #[serde(default = "no_fees")]
    fee_limit: Option<Fri>,
    caps: Vec<(Felt, SpendingLimits)>,
}

impl Grant {
    /// Allows these calls only. Prefer this to the other two.
    #[must_use]
    pub fn for_calls(calls: impl IntoIterator<Item = AllowedCall>) -> Self {
        Self::for_list(Allowed::Calls(calls.into_iter().collect()))
    }

    /// Allows the functions with these selectors, **on any contract**.
    #[must_use]
    pub fn for_selectors(selectors: impl IntoIterator<Item = Felt>) -> Self {
        Self::for_list(Allowed::Selectors(selectors.into_iter().collect()))
    }

    /// Allows any call except those that no session may make. Whoever has the key can move every token for
    /// which the grant has no spending policy.
    #[must_use]
    pub const fn any_call() -> Self {
        Self::for_list(Allowed::AnyCall)
    }

    /// Allows what `list` says: [`for_calls`](Self::for_calls), [`for_selectors`](Self::for_selectors) or
    /// [`any_call`](Self::any_call).
    #[must_use]
    pub const fn for_list(list: Allowed) -> Self {
        Self { list, valid_until: 0, max_calls: 0, fee_limit: no_fees(), caps: Vec::new() }
    }

    /// Sets the session's end, in Unix seconds by the chain's clock: its last valid second. 1 to 6 hours
    /// from now is advised.
    #[must_use]
    pub const fn until(mut self, valid_until: u64) -> Self {
        self.valid_until = valid_until;
        self
    }

    /// Sets how many transactions the session may make, at least 1. Each counts once, however many calls it
    /// batches.
    #[must_use]
    pub const fn max_calls(mut self, max_calls: u32) -> Self {
        self.max_calls = max_calls;
        self
    }

    /// Sets the fee limit: the session may send plain transactions, each of which may commit the account to
    /// pay at most `limit`. With 0 it works through relayers only.
    #[must_use]
    pub const fn fee_limit(mut self, limit: Fri) -> Self {
        self.fee_limit = Some(limit);
        self
    }

    /// Removes the fee limit: the session may send plain transactions at any price. Whoever has the key can
    /// spend all STRK of the account on fees.
    #[must_use]
    pub const fn without_fee_limit(mut self) -> Self {
        self.fee_limit = None;
        self
    }

    /// Adds a spending policy: limits what may leave of `token` in the session's batches, whichever
    /// contracts they call. A key can have policies for at most [`MOST_TOKENS`] tokens.
    #[must_use]
    pub fn spend(mut self, token: Felt, limits: SpendingLimits) -> Self {
        self.caps.push((token, limits));
        self
    }

    /// Returns the session's end, in Unix seconds: its last valid second.
    #[must_use]
    pub const fn valid_until(&self) -> u64 {
        self.valid_until
    }

    /// Returns what the session may call.
    #[must_use]
    pub const fn list(&self) -> &Allowed {
        &self.list
    }

    /// Checks the grant against the rules that the account applies when it registers `session_key` at the
    /// time `now`, in Unix seconds. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Refused`] with the first [`Rule`] that the grant breaks.
    pub fn check(&self, account: Felt, session_key: Felt, now: u64) -> Result<()> {
        match self.broken(account, session_key, now) {
            Some(rule) => Err(Error::Refused(Refusal::foretold(rule))),
            None => Ok(()),
        }
    }

    /// Returns the owner's calls that register `session_key` with this grant. The caller must send them in
    /// one batch, so that all are made or none.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Rule::FeeLimitTooLarge`] if the fee limit does not fit 64 bits.
    pub fn registration<N>(
        &self,
        account: &SessionContract<N>,
        session_key: Felt,
    ) -> Result<Vec<Call>> {
        let mut calls = Vec::new();
        // The fee limit and the policies come first, so that the session never exists without them. A fee
        // limit of 0 is set too: the key may have another one, and `add_session` sets none.
        if let Some(Fri(limit)) = self.fee_limit {
            let limit = u64::try_from(limit)
                .map_err(|_| Error::Refused(Refusal::foretold(Rule::FeeLimitTooLarge)))?;
            calls.push(account.set_session_fee_limit(session_key, limit));
        }
        for (token, limits) in &self.caps {
            calls.push(account.set_spending_policy(session_key, *token, limits));
        }
        let (valid_until, max_calls) = (self.valid_until, self.max_calls);
        calls.push(match &self.list {
            Allowed::Calls(calls) => {
                let allowed_calls = calls.clone();
                let limits = ScopedLimits { valid_until, max_calls, allowed_calls };
                account.add_session_for_calls(session_key, &limits)
            }
            Allowed::Selectors(_) | Allowed::AnyCall => {
                let allowed_entrypoints = match &self.list {
                    Allowed::Selectors(selectors) => selectors.clone(),
                    _ => Vec::new(),
                };
                let limits = SessionLimits { valid_until, max_calls, allowed_entrypoints };
                account.add_session(session_key, &limits)
            }
        });
        if self.fee_limit.is_none() {
            // This comes after the registration, since `add_session_for_calls` sets the fee limit 0 if the
            // key has none.
            calls.push(account.remove_session_fee_limit(session_key));
        }
        Ok(calls)
    }

    /// Returns the state that a session of the fresh key `session_key` has after its registration.
    #[must_use]
    pub fn state(&self, session_key: Felt) -> State {
        let policy = |(token, limits): &(Felt, SpendingLimits)| (*token, limits.unspent());
        State {
            allowed_len: u32::try_from(self.list.entries()).unwrap_or(u32::MAX),
            allowed: Some(self.list.clone()),
            fee_limit: self.fee_limit,
            policies: self.caps.iter().map(policy).collect(),
            ..State::new(session_key, self.valid_until, self.max_calls)
        }
    }

    /// Returns the first rule that the grant breaks, in the order of the registration's calls: the fee
    /// limit, the policies, then the session itself.
    fn broken(&self, account: Felt, session_key: Felt, now: u64) -> Option<Rule> {
        let fee = self.fee_limit.filter(|it| u64::try_from(it.0).is_err());
        if fee.is_some() {
            return Some(Rule::FeeLimitTooLarge);
        }
        if let Some(rule) = self.caps.iter().find_map(|(token, limits)| limits.broken(*token)) {
            return Some(rule);
        }
        if self.caps.len() > MOST_TOKENS {
            return Some(Rule::SpendingTooManyTokens);
        }
        if session_key == Felt::ZERO {
            return Some(Rule::ZeroKey);
        }
        if self.valid_until <= now {
            return Some(Rule::EndNotInFuture);
        }
        if self.valid_until >= LAST_END {
            return Some(Rule::EndTooFar);
        }
        if self.max_calls == 0 {
            return Some(Rule::ZeroCalls);
        }
        match &self.list {
            Allowed::AnyCall => None,
            // The contract reads an empty list as "any call", which a grant must say explicitly.
            Allowed::Selectors(selectors) if selectors.is_empty() => Some(Rule::NoAllowedCalls),
            Allowed::Selectors(selectors) => broken_selectors(selectors),
            Allowed::Calls(calls) if calls.is_empty() => Some(Rule::NoAllowedCalls),
            Allowed::Calls(calls) => broken_calls(calls, account),
        }
    }
}

/// Returns the fee limit of a grant that does not set one.
#[expect(clippy::unnecessary_wraps, reason = "it is a field's default")]
const fn no_fees() -> Option<Fri> {
    Some(Fri(0))
}

/// The first `valid_until` that a session cannot have, in Unix seconds: a record has 40 bits for it.
const LAST_END: u64 = 1 << 40;

fn broken_selectors(selectors: &[Felt]) -> Option<Rule> {
    let mut seen = Vec::new();
    for selector in selectors {
        if *selector == Felt::ZERO {
            return Some(Rule::ZeroSelector);
        } else if is_blocked(*selector) {
            return Some(Rule::BlockedSelector);
        } else if seen.contains(&selector) {
            return Some(Rule::DuplicateSelector);
        }
        seen.push(selector);
    }
    None
}

fn broken_calls(calls: &[AllowedCall], account: Felt) -> Option<Rule> {
    let mut seen: Vec<&AllowedCall> = Vec::new();
    for call in calls {
        let is_twin = |it: &&AllowedCall| {
            (it.to, it.selector) == (call.to, call.selector)
                && match (it.argument, call.argument) {
                    (Some(one), Some(other)) => one.index != other.index || one == other,
                    _ => true,
                }
        };
        if call.to == Felt::ZERO {
            return Some(Rule::ZeroTarget);
        } else if call.to == account {
            return Some(Rule::SelfCall);
        } else if call.selector == Felt::ZERO {
            return Some(Rule::ZeroSelector);
        } else if is_blocked(call.selector) {
            return Some(Rule::BlockedSelector);
        } else if seen.iter().any(is_twin) {
            return Some(Rule::DuplicateCall);
        }
        seen.push(call);
    }
    None
}

impl State {
    /// Returns the session's grant, so that the same can be granted to a fresh key; `None` if the session's
    /// list is not known. Set a new end before you use it.
    #[must_use]
    pub fn grant(&self) -> Option<Grant> {
        let caps = self.policies.iter().map(|(token, policy)| (*token, policy.limits()));
        Some(Grant {
            list: self.allowed.clone()?,
            valid_until: self.valid_until,
            max_calls: self.max_calls,
            fee_limit: self.fee_limit,
            caps: caps.collect(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::felt::selector;
    use crate::token::STRK;

    const ACCOUNT: Felt = Felt::from_hex_unchecked("0xacc");
    const KEY: Felt = Felt::from_hex_unchecked("0x5e");
    const NOW: u64 = 1_800_000_000;

    fn listed() -> AllowedCall {
        AllowedCall::new(STRK, selector("transfer"))
    }

    fn grant() -> Grant {
        Grant::for_calls([listed()]).until(NOW + 60).max_calls(1)
    }

    fn rule_of(grant: &Grant) -> Option<Rule> {
        match grant.check(ACCOUNT, KEY, NOW) {
            Ok(()) => None,
            Err(Error::Refused(refusal)) => refusal.rule(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_the_account_would_refuse_is_refused_before_it_is_sent() {
        assert_eq!(rule_of(&grant()), None);
        let pinned = |index, value: u64| listed().with_argument(index, value.into());
        let calls = |calls: &[AllowedCall]| {
            Grant::for_calls(calls.iter().copied()).until(NOW + 60).max_calls(1)
        };
        let limits = SpendingLimits::per_day(5_u8.into(), 20_u8.into());
        for (wrong, rule) in [
            (grant().until(NOW), Rule::EndNotInFuture),
            (grant().until(1_000 * NOW), Rule::EndTooFar),
            (grant().max_calls(0), Rule::ZeroCalls),
            (grant().fee_limit(Fri(1 << 64)), Rule::FeeLimitTooLarge),
            (calls(&[]), Rule::NoAllowedCalls),
            (calls(&[listed(), listed()]), Rule::DuplicateCall),
            (calls(&[listed(), pinned(0, 1)]), Rule::DuplicateCall),
            (calls(&[pinned(0, 1), pinned(1, 1)]), Rule::DuplicateCall),
            (calls(&[AllowedCall { to: ACCOUNT, ..listed() }]), Rule::SelfCall),
            (calls(&[AllowedCall { to: Felt::ZERO, ..listed() }]), Rule::ZeroTarget),
            (calls(&[AllowedCall::new(STRK, selector("upgrade"))]), Rule::BlockedSelector),
            (Grant::for_selectors([Felt::ZERO]).until(NOW + 60).max_calls(1), Rule::ZeroSelector),
            (Grant::for_selectors([]).until(NOW + 60).max_calls(1), Rule::NoAllowedCalls),
            (grant().spend(Felt::ZERO, limits), Rule::SpendingZeroToken),
            (
                grant().spend(STRK, SpendingLimits { window_seconds: 0, ..limits }),
                Rule::SpendingZeroWindow,
            ),
        ] {
            assert_eq!(rule_of(&wrong), Some(rule), "{wrong:?}");
        }
        assert_eq!(rule_of(&calls(&[pinned(0, 1), pinned(0, 2)])), None);
    }

    #[test]
    fn a_session_is_never_without_its_limit_and_its_policies() {
        let account = SessionContract::new(ACCOUNT, ());
        let limits = SpendingLimits::per_day(5_u8.into(), 20_u8.into());
        let calls = grant().fee_limit(Fri(7)).spend(STRK, limits).registration(&account, KEY);
        let selectors: Vec<_> = calls.unwrap().iter().map(|call| call.selector).collect();
        let expected = ["set_session_fee_limit", "set_spending_policy", "add_session_for_calls"];
        assert_eq!(selectors, expected.map(selector));
    }

    #[test]
    fn every_session_starts_with_the_fee_limit_0_unless_the_grant_says_otherwise() {
        let account = SessionContract::new(ACCOUNT, ());
        let of = |grant: &Grant| -> Vec<_> {
            let calls = grant.registration(&account, KEY).unwrap();
            calls.into_iter().map(|call| (call.selector, call.calldata.get(1).copied())).collect()
        };
        for unsaid in [grant(), Grant::any_call(), Grant::for_selectors([selector("transfer")])] {
            assert_eq!(of(&unsaid)[0], (selector("set_session_fee_limit"), Some(Felt::ZERO)));
            assert_eq!(unsaid.state(KEY).fee_limit, Some(Fri(0)));
            let limited = unsaid.clone().fee_limit(Fri(7));
            assert_eq!(of(&limited)[0], (selector("set_session_fee_limit"), Some(Felt::from(7))));
            // The limit is removed after the registration, which may set it.
            let unlimited = unsaid.without_fee_limit();
            let calls = of(&unlimited);
            assert_eq!((calls.len(), calls[1].0), (2, selector("remove_session_fee_limit")));
            assert_eq!(unlimited.state(KEY).fee_limit, None);
            assert_eq!(unlimited.state(KEY).grant().map(|it| it.fee_limit), Some(None));
        }
    }

    #[test]
    fn a_grant_travels_as_json() {
        let grant = grant().spend(STRK, SpendingLimits::per_day(5_u8.into(), 20_u8.into()));
        let json = serde_json::to_string(&grant).unwrap();
        assert_eq!(serde_json::from_str::<Grant>(&json).unwrap(), grant);
        let unsaid = json.replace(r#""fee_limit":"0","#, "");
        assert_ne!(unsaid, json);
        assert_eq!(serde_json::from_str::<Grant>(&unsaid).unwrap(), grant);
    }
}
