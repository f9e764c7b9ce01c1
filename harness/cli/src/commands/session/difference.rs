//! Finds the differences between a registered session and the one that is asked for.

use session_client::{Allowed, Fri, SpendingLimits};

use super::description::{Description, Registered, fee};
use super::shown::Shown;
use crate::commands::abis::Abis;
use crate::commands::caps::Cap;
use crate::commands::clock::when;
use crate::commands::exit::{Failure, Kind};
use crate::commands::units::Unit;

/// How many entries of a list are named; the others are counted.
const TOLD: usize = 3;

/// The session that is asked for.
pub struct Asked<'a> {
    pub allowed: &'a Allowed,
    pub max_calls: u32,
    /// The fee limit in FRI; `None` for no limit.
    pub fee_limit: Option<Fri>,
    /// The latest end that the session would have if it were registered now, in Unix seconds. A session that
    /// was registered some time ago ends sooner, which is not a difference.
    pub valid_until: u64,
    pub caps: &'a [(Unit, SpendingLimits)],
}

impl Asked<'_> {
    /// Describes the differences of the registered session from what is asked for. `caps` are the caps that
    /// the key has; it may have others besides those asked for.
    ///
    /// # Errors
    /// If the node does not show the whole list of the `session`.
    pub async fn differences(
        &self,
        described: &Description,
        session: &Registered,
        abis: &mut Abis<'_>,
    ) -> Result<Vec<String>, Failure> {
        let now = described.now;
        let mut told = Vec::new();
        if now > session.valid_until {
            told.push(format!("it ended at {}", when(session.valid_until, now)));
        } else if session.calls_left == 0 {
            told.push("it has no calls left".to_owned());
        }
        if session.valid_until > self.valid_until {
            let (later, asked) = (when(session.valid_until, now), when(self.valid_until, now));
            told.push(format!("it ends at {later}, and not at {asked}"));
        }
        if session.max_calls != self.max_calls {
            told.push(format!("it has {} calls, and not {}", session.max_calls, self.max_calls));
        }
        told.extend(self.of_lists(&session.list, abis).await?);
        if described.fee_limit != self.fee_limit {
            let (has, asked) = (fee(described.fee_limit), fee(self.fee_limit));
            told.push(format!("its fee limit is {has}, and {asked} was asked for"));
        }
        for (unit, limits) in self.caps {
            let asked = Cap::new(unit.clone(), limits).in_words();
            match described.caps.iter().find(|cap| cap.unit.token == unit.token) {
                Some(cap) if cap.is_as(limits) => {}
                Some(cap) => {
                    let has = cap.in_words();
                    told.push(format!("its cap on {} is {has}, and not {asked}", unit.name()));
                }
                None => told.push(format!("it has no cap on {}", unit.name())),
            }
        }
        Ok(told)
    }

    async fn of_lists(&self, shown: &Shown, abis: &mut Abis<'_>) -> Result<Vec<String>, Failure> {
        let has = match shown {
            Shown::Whole(has) => has,
            Shown::Unknown(why) => {
                return Err(Failure::new(
                    Kind::Network,
                    format!(
                        "the key is registered, and what it may call cannot be compared: {why}. Nothing \
                         was sent"
                    ),
                )
                .remedy("ask another node, one that keeps all of the account's events"));
            }
        };
        let (more, less) = match (has, self.allowed) {
            (Allowed::Calls(has), Allowed::Calls(asked)) => {
                (Allowed::Calls(without(has, asked)), Allowed::Calls(without(asked, has)))
            }
            (Allowed::Selectors(has), Allowed::Selectors(asked)) => {
                (Allowed::Selectors(without(has, asked)), Allowed::Selectors(without(asked, has)))
            }
            (has, asked) if has == asked => return Ok(Vec::new()),
            (has, asked) => (has.clone(), asked.clone()),
        };
        let mut told = Vec::new();
        for (may, list) in [("may call", more), ("may not call", less)] {
            let words = abis.words(&list).await;
            if let Some((shown, others)) = words.split_at_checked(TOLD.min(words.len()))
                && !words.is_empty()
            {
                let others = match others.len() {
                    0 => String::new(),
                    count => format!(", and {count} more"),
                };
                told.push(format!("it {may} {}{others}", shown.join(", or ")));
            }
        }
        Ok(told)
    }
}

fn without<T: Copy + PartialEq>(these: &[T], those: &[T]) -> Vec<T> {
    these.iter().filter(|it| !those.contains(it)).copied().collect()
}
