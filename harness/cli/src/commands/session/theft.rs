//! Says what a thief of a session's key can do at most, until the session ends.

use session_client::Fri;
use session_client::felt::selector;
use session_client::{Allowed, AllowedCall, is_counted};
use starknet_rust::core::types::Felt;

use super::shown::Shown;
use crate::commands::abis::Abis;
use crate::commands::caps::{Cap, at_most};
use crate::commands::clock::until;

/// The most entries of a list that are named; longer lists are only counted.
const TOLD: usize = 3;

/// The limits of one session.
pub struct Limits<'a> {
    pub list: &'a Shown,
    pub caps: &'a [Cap],
    /// In FRI; `None` if there is none.
    pub fee_limit: Option<Fri>,
    pub calls: u32,
    pub valid_until: u64,
}

impl Limits<'_> {
    /// Returns the sentence that follows "if this key is stolen", as of `now`: what the thief can take at
    /// most.
    pub async fn worst(&self, abis: &mut Abis<'_>, now: u64) -> String {
        let Self { caps, valid_until, .. } = self;
        let loss = match (self.list_in_words(abis).await, at_most(caps)) {
            (None, None) => "everything that the account holds".to_owned(),
            (None, Some(at_most)) => format!("{at_most}, and all of every other token"),
            (Some(list), None) => format!("what {list} can move, in any amount"),
            (Some(list), Some(at_most)) if self.lists_capped_tokens_alone() => {
                format!("only by {list}, {at_most}")
            }
            (Some(list), Some(at_most)) => {
                format!("only by {list}, {at_most}, and any amount of other tokens")
            }
        };
        let (end, fees) = (until(*valid_until, now), self.fees());
        let approvals = if self.may_approve() {
            "; what it approves until then can be pulled later"
        } else {
            ""
        };
        let rest = if caps.is_empty() {
            ""
        } else {
            ". What the account is owed or may borrow, and what others pull later by allowances or \
             orders, is not capped; another key has caps of its own"
        };
        format!("{loss}, until {end}{fees}{approvals}{rest}")
    }

    fn fees(&self) -> String {
        match self.fee_limit {
            Some(Fri(0)) => String::new(),
            Some(limit) => {
                format!("; and {limit} in fees for each of {} transactions", self.calls)
            }
            None => "; and all STRK in fees, which have no limit".to_owned(),
        }
    }

    async fn list_in_words(&self, abis: &mut Abis<'_>) -> Option<String> {
        match self.list {
            Shown::Whole(Allowed::AnyCall) => None,
            Shown::Whole(list) => {
                let words = abis.words(list).await;
                Some(if words.len() > TOLD {
                    format!("the {} calls on its list", words.len())
                } else {
                    words.join(", or ")
                })
            }
            Shown::Unknown(_) => Some("the calls on its list, which is not known,".to_owned()),
        }
    }

    /// Says whether the session may approve. Others can use an approval even after the session has ended.
    fn may_approve(&self) -> bool {
        // Of what is counted, all but a transfer lets others pull.
        let approves = |it: &Felt| is_counted(*it) && *it != selector("transfer");
        match self.list {
            Shown::Whole(Allowed::Selectors(selectors)) => selectors.iter().any(approves),
            Shown::Whole(Allowed::Calls(calls)) => calls.iter().any(|it| approves(&it.selector)),
            _ => true,
        }
    }

    fn lists_capped_tokens_alone(&self) -> bool {
        let is_capped = |call: &AllowedCall| self.caps.iter().any(|cap| cap.unit.token == call.to);
        let calls = self.list.calls();
        !calls.is_empty() && calls.iter().all(is_capped)
    }
}
