//! Reads and shows caps: how much of a token a session key may spend.

use std::str::FromStr;

use serde_json::{Map, Value, json};
use session_client::{SessionContract, SpendingLimits, SpendingPolicy};
use starknet_rust::core::types::Felt;

use super::account;
use super::answer::hex;
use super::chain::Chain;
use super::clock::{each, when};
use super::exit::Failure;
use super::table::Table;
use super::units::{Amount, Unit};
use super::value::{contract, duration};

/// A cap as it is typed: `STRK=1strk/5strk/1d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    pub token: Felt,
    pub max_per_call: Amount,
    pub max_per_window: Amount,
    pub window_seconds: u64,
}

impl FromStr for Spend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is no TOKEN=PER_CALL/PER_WINDOW/WINDOW, as in STRK=1strk/5strk/1d")
        };
        let (token, limits) = text.split_once('=').ok_or_else(wrong)?;
        let [max_per_call, max_per_window, window] =
            limits.split('/').collect::<Vec<_>>().try_into().map_err(|_| wrong())?;
        Ok(Self {
            token: contract(token)?,
            max_per_call: max_per_call.parse()?,
            max_per_window: max_per_window.parse()?,
            window_seconds: duration(window)?,
        })
    }
}

impl Spend {
    /// Reads the amounts in the token's unit. Refuses a cap that the account would refuse.
    pub async fn resolve(&self, chain: &Chain) -> Result<(Unit, SpendingLimits), Failure> {
        let unit = Unit::of(chain, self.token).await?;
        let max_per_call = unit.read(&self.max_per_call)?;
        let max_per_window = unit.read(&self.max_per_window)?;
        let refused = |what: &str, remedy: &str| {
            Failure::usage(format!("{}: {what}: nothing was sent", unit.name()), remedy)
        };
        if max_per_call == 0 || max_per_window == 0 {
            return Err(refused(
                "a cap that lets nothing be spent is none",
                "give maxima above 0, or keep the token off the session's list",
            ));
        }
        if max_per_call > max_per_window {
            return Err(refused(
                "the maximum for a call is above the maximum for a window",
                "make the window's at least as large",
            ));
        }
        let limits = SpendingLimits {
            max_per_call: max_per_call.into(),
            max_per_window: max_per_window.into(),
            window_seconds: self.window_seconds,
        };
        Ok((unit, limits))
    }
}

/// A spending policy of a session key, with the unit of its token.
#[derive(Debug, Clone)]
pub struct Cap {
    pub unit: Unit,
    pub policy: SpendingPolicy,
}

impl Cap {
    /// Reads the policy of `session_key` for the token of `unit`. It may be an empty one.
    pub async fn of(
        contract: &SessionContract,
        session_key: Felt,
        unit: Unit,
    ) -> Result<Self, Failure> {
        let policy = contract.spending_policy(session_key, unit.token).await;
        let policy = policy.map_err(|error| account::unanswered(contract, error))?;
        Ok(Self { unit, policy })
    }

    /// Reads all policies of `session_key`.
    pub async fn all(
        chain: &Chain,
        contract: &SessionContract,
        session_key: Felt,
    ) -> Result<Vec<Self>, Failure> {
        let mut caps = Vec::new();
        let policies = contract.spending_policies(session_key).await;
        for (token, policy) in policies.map_err(|error| account::unanswered(contract, error))? {
            caps.push(Self { unit: Unit::of(chain, token).await?, policy });
        }
        Ok(caps)
    }

    /// Returns the cap that `limits` will give, before anything was spent.
    pub fn new(unit: Unit, limits: &SpendingLimits) -> Self {
        Self { unit, policy: limits.unspent() }
    }

    /// Returns the cap with other limits. What was spent stays counted, as in the account.
    pub fn with(&self, limits: &SpendingLimits) -> Self {
        let spent = SpendingPolicy {
            spent_in_window: self.policy.spent_in_window,
            window_start: self.policy.window_start,
            ..limits.unspent()
        };
        Self { unit: self.unit.clone(), policy: spent }
    }

    /// Says whether the policy has these limits.
    pub fn is_as(&self, limits: &SpendingLimits) -> bool {
        self.policy.limits() == *limits
    }

    /// Returns the policy for scripts, as it is at `now`. The amounts are in the smallest unit, and are
    /// texts, because they may be larger than JSON's numbers.
    pub fn fields(&self, now: u64) -> Vec<(&'static str, Value)> {
        let Self { unit, policy } = self;
        let mut fields = vec![("token", json!(hex(unit.token)))];
        if !policy.is_set() {
            return fields;
        }
        fields.extend([
            ("max_per_call", json!(policy.max_per_call.to_string())),
            ("max_per_window", json!(policy.max_per_window.to_string())),
            ("window_seconds", json!(policy.window_seconds)),
            ("spent_in_window", json!(policy.spent_at(now).to_string())),
            ("window_start", json!(policy.window_start)),
            ("window_end", json!(policy.window_end_at(now))),
        ]);
        fields
    }

    /// Describes what was spent in the window that is open at `now`.
    fn spent(&self, now: u64) -> Vec<String> {
        let Self { unit, policy } = self;
        match policy.window_end_at(now) {
            Some(end) => unit.lines(policy.spent_at(now), &format!(" until {}", when(end, now))),
            None => vec!["nothing: the next spend begins a window".to_owned()],
        }
    }

    /// Describes the maxima and the window: `1 STRK a call, 5 STRK a day`. If only the token itself says what
    /// its unit is, this adds the amounts in the smallest unit: the token may say something else later.
    pub fn in_words(&self) -> String {
        let Self { unit, policy } = self;
        let (call, window) = (policy.max_per_call, policy.max_per_window);
        let each = each(policy.window_seconds);
        let words = format!("{} a call, {} {each}", unit.show(call), unit.show(window));
        if unit.is_claimed() {
            format!("{words}, which is {call} and {window} of the smallest unit")
        } else {
            words
        }
    }

    /// Describes what is left of the window that is open at `now`; `None` if none is open, so that everything
    /// is left.
    fn left(&self, now: u64) -> Option<String> {
        let Self { unit, policy } = self;
        let end = policy.window_end_at(now)?;
        // A cap that was lowered may be below what was spent before.
        let spent = policy.spent_at(now).min(policy.max_per_window);
        let left = policy.max_per_window - spent;
        let shown = unit.show(left);
        let smallest = if unit.is_claimed() {
            format!(", which is {left} of the smallest unit,")
        } else {
            String::new()
        };
        Some(format!("left of it: {shown}{smallest} until {}", when(end, now)))
    }

    /// Describes the cap before it is set.
    pub fn granted(&self) -> String {
        format!("it may spend of {}: {}", self.unit.name(), self.in_words())
    }

    /// Describes how much of which token may leave, and in which time.
    fn told(&self) -> String {
        let Self { unit, policy } = self;
        format!("{} {}", unit.tell(policy.max_per_window), each(policy.window_seconds))
    }
}

/// Shows `caps` as a table for people.
pub fn table(caps: &[Cap], now: u64) -> Table {
    let mut table = Table::new(&["token", "in a call", "in a window", "spent"]);
    for cap in caps {
        let Cap { unit, policy } = cap;
        let each = format!(" {}", each(policy.window_seconds));
        table.push([
            vec![unit.name()],
            unit.lines(policy.max_per_call, ""),
            unit.lines(policy.max_per_window, &each),
            cap.spent(now),
        ]);
    }
    table
}

/// Returns `caps` for scripts, each as one row.
pub fn rows(caps: &[Cap], now: u64) -> Value {
    caps.iter().map(|cap| Value::Object(row(cap, now))).collect()
}

/// Describes `caps`, each in one line, and below it what is left of the window that is open at `now`.
pub fn in_words(caps: &[Cap], now: u64) -> Vec<String> {
    if caps.is_empty() {
        return vec!["no limit".to_owned()];
    }
    // An amount's symbol names the token for certain only for STRK and ETH; other tokens are named first.
    let words = |cap: &Cap| match cap.unit.is_known() {
        true => cap.in_words(),
        false => format!("{}: {}", cap.unit.name(), cap.in_words()),
    };
    caps.iter().flat_map(|cap| [Some(words(cap)), cap.left(now)]).flatten().collect()
}

fn row(cap: &Cap, now: u64) -> Map<String, Value> {
    cap.fields(now).into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Describes the most that a thief of the key can take; `None` if there is no cap.
pub fn at_most(caps: &[Cap]) -> Option<String> {
    let told: Vec<_> = caps.iter().map(Cap::told).collect();
    let (last, others) = told.split_last()?;
    Some(if others.is_empty() {
        format!("at most {last} (up to twice that around a window's edge)")
    } else {
        format!(
            "at most {} and {last} (of each up to twice that around a window's edge)",
            others.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use std::slice;

    use session_client::token::STRK;
    use starknet_rust::core::types::U256;

    use super::*;

    #[test]
    fn what_was_spent_counts_until_its_window_closes_and_no_longer() {
        let limits = SpendingLimits::per_day(U256::from(1_u8), U256::from(5_u8));
        let policy = SpendingPolicy {
            spent_in_window: U256::from(2_u8),
            window_start: 1_000,
            ..limits.unspent()
        };
        let cap = Cap { unit: Unit::strk(), policy };
        let (open, closed) = (1_000 + 86_399, 1_000 + 86_400);
        assert_eq!(row(&cap, open)["spent_in_window"], "2");
        assert_eq!(row(&cap, closed)["spent_in_window"], "0");
        assert_eq!(row(&cap, closed)["window_end"], Value::Null);
        let words = in_words(slice::from_ref(&cap), open);
        assert_eq!(words.len(), 2);
        let left = "left of it: 0.000000000000000003 STRK until ";
        assert!(words[1].starts_with(left), "{words:?}");
        assert_eq!(in_words(slice::from_ref(&cap), closed), [cap.in_words()]);
        // What was spent before the cap was lowered stays counted, and may be more than the cap.
        let lowered = cap.with(&SpendingLimits::per_day(U256::from(1_u8), U256::from(1_u8)));
        let words = in_words(&[lowered], open);
        assert!(words[1].starts_with("left of it: 0 STRK until "), "{words:?}");
    }

    #[test]
    fn a_cap_is_a_token_two_amounts_and_a_window() {
        let spend: Spend = "strk=1strk/5strk/1d".parse().expect("a cap");
        assert_eq!((spend.token, spend.window_seconds), (STRK, 86_400));
        assert_eq!("0x5=1raw/250raw/90s".parse::<Spend>().expect("a cap").token, Felt::from(5));
        for wrong in [
            "",
            "STRK",
            "STRK=",
            "STRK=1strk",
            "STRK=1strk/5strk",
            "STRK=1strk/5strk/1d/1d",
            "STRK=1strk/5strk/",
            "STRK=1strk/5strk/1",
            "STRK=1strk/5strk/0d",
            "STRK=1strk//1d",
            "STRK=-1strk/5strk/1d",
            "STRK=1/5strk/1d",
            "STRK=1strk/5/1d",
            "=1strk/5strk/1d",
            "dollar=1strk/5strk/1d",
            "STRK:1strk/5strk/1d",
        ] {
            assert!(wrong.parse::<Spend>().is_err(), "{wrong}");
        }
    }
}
