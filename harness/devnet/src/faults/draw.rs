//! Chooses faults at random, reproducibly by a seed.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;
use serde_json::Value;
use thiserror::Error;

use super::{Fault, RetryAfter};

/// The names of the faults.
const NAMES: [(&str, Fault); 16] = [
    ("lost-answer", Fault::LostAnswer),
    ("hang-up", Fault::HangUp),
    ("504", Fault::GatewayTimeout),
    ("node-timeout", Fault::NodeTimeout),
    ("503", Fault::Unavailable),
    ("html", Fault::Html),
    ("429", Fault::TooMany(RetryAfter::Unsaid)),
    ("429-seconds", Fault::TooMany(RetryAfter::Seconds(1))),
    ("429-date", Fault::TooMany(RetryAfter::Date(1))),
    ("limited", Fault::Limited),
    ("stale", Fault::Stale),
    ("empty-page", Fault::EmptyPage),
    ("unknown-page", Fault::UnknownPage),
    ("too-wide", Fault::TooWide),
    ("no-pre-confirmed", Fault::NoPreConfirmed),
    ("old-node", Fault::OldNode),
];
/// The probability of each fault that `some` selects.
const SOME: f64 = 0.01;

/// The probability of each fault.
///
/// ```
/// use session_devnet::faults::Faults;
///
/// let faults: Faults = "lost-answer=0.05,429-seconds=0.1".parse()?;
/// assert!("earthquake=1".parse::<Faults>().is_err());
/// # Ok::<(), session_devnet::faults::UnknownFault>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    chances: Vec<(Fault, f64)>,
    /// The share of blocks that are dropped, from 0 to 1.
    pub dropped: f64,
    /// The share of blocks during which the gateway closes for a minute, from 0 to 1.
    pub closed: f64,
}

/// The error for an unknown fault, or for a probability that is not a number from 0 to 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no fault: write `some`, or a list as `lost-answer=0.05,429=0.1` with numbers from 0 to 1 \
     of {names}",
    names = names().join(", ")
)]
pub struct UnknownFault(String);

impl Faults {
    /// Returns a probability of 1 % for each temporary fault, and of 5 % for a block to be dropped. A node
    /// of another version is not a temporary fault.
    #[must_use]
    pub fn some() -> Self {
        let passes = |fault: &Fault| !matches!(fault, Fault::NoPreConfirmed | Fault::OldNode);
        let faults = NAMES.iter().map(|(_, fault)| *fault).filter(passes);
        let chances = faults.map(|fault| (fault, SOME)).collect();
        Self { chances, dropped: 0.05, closed: 0.0 }
    }

    /// Returns a function that chooses the fault of each request by these probabilities, with random
    /// numbers from `seed`.
    pub fn decide(
        &self,
        seed: u64,
    ) -> impl Fn(&str, &Value) -> Option<Fault> + Send + Sync + 'static + use<> {
        let chances = self.chances.clone();
        let rng = Mutex::new(Rng::with_seed(seed));
        move |_, _| {
            let mut drawn = rng.lock().unwrap_or_else(PoisonError::into_inner).f64();
            chances.iter().find_map(|(fault, chance)| {
                let is_drawn = drawn < *chance;
                drawn -= chance;
                is_drawn.then_some(*fault)
            })
        }
    }
}

impl FromStr for Faults {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let mut faults = Self::default();
        for part in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            if part == "some" {
                let Self { chances, dropped, .. } = Self::some();
                faults.chances.extend(chances);
                faults.dropped = dropped;
                continue;
            }
            let unknown = || UnknownFault(part.to_owned());
            let (name, chance) = part.split_once('=').ok_or_else(unknown)?;
            let chance: f64 = chance.parse().map_err(|_| unknown())?;
            if !(0.0..=1.0).contains(&chance) {
                return Err(unknown());
            }
            match name {
                "dropped" => faults.dropped = chance,
                "closed" => faults.closed = chance,
                name => {
                    let (_, fault) =
                        NAMES.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
                    faults.chances.push((*fault, chance));
                }
            }
        }
        let sum: f64 = faults.chances.iter().map(|(_, chance)| chance).sum();
        if sum > 1.0 {
            return Err(UnknownFault(text.to_owned()));
        }
        Ok(faults)
    }
}

/// Returns the names of all faults.
fn names() -> Vec<&'static str> {
    NAMES.iter().map(|(name, _)| *name).chain(["dropped", "closed"]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

    use super::*;

    fn drawn(faults: &Faults, seed: u64) -> Vec<Option<Fault>> {
        let decide = faults.decide(seed);
        (0..200).map(|_| decide("starknet_call", &Value::Null)).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let faults: Faults = "429=0.3,html=0.2".parse().unwrap();
        assert_eq!(drawn(&faults, 1), drawn(&faults, 1));
        assert_ne!(drawn(&faults, 1), drawn(&faults, 2));
        let wrong = drawn(&faults, 1).iter().flatten().count();
        assert!((70..130).contains(&wrong), "{wrong} of 200 at 0.5");
    }

    #[test]
    fn faults_that_there_are_not_or_more_than_all_are_refused_with_their_names() {
        for text in ["earthquake=1", "429", "429=2", "429=-1", "429=x", "429=0.6,html=0.6"] {
            let error = text.parse::<Faults>().unwrap_err().to_string();
            assert!(error.contains("lost-answer") && error.contains("dropped"), "{error}");
        }
    }
}
