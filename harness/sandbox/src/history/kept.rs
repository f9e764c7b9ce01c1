//! Keeps the last transactions, and forgets the oldest.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::entry::Entry;

/// How many transactions are kept. Those that were refused before they were sent are counted apart, so that
/// however many there are, they never push out what was sent.
pub const SENT: usize = 200;
pub const UNSENT: usize = 50;
/// What is kept: each list begins with its oldest entry.
#[derive(Debug, Default)]
pub struct Kept {
    /// How many entries there were.
    pub counts: Counts,
    sent: VecDeque<Entry>,
    unsent: VecDeque<Entry>,
}

/// How many entries there were, also those that are not kept any more.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Transactions that were sent.
    pub sent: u64,
    /// Transactions that were refused before they were sent; those that are one entry count once.
    pub unsent: u64,
}

impl Counts {
    /// Returns the number of all entries.
    pub const fn all(self) -> u64 {
        self.sent + self.unsent
    }
}

impl Kept {
    /// Keeps `entry` under the next number, and forgets the oldest of its kind if there are too many.
    pub fn keep(&mut self, entry: Entry) {
        let last = self.unsent.back_mut().filter(|it| it.number == self.counts.all());
        if !entry.is_sent()
            && let Some(last) = last
            && last.is_repeated_by(&entry)
        {
            last.times += 1;
            return;
        }
        let (kept, count, most) = if entry.is_sent() {
            (&mut self.sent, &mut self.counts.sent, SENT)
        } else {
            (&mut self.unsent, &mut self.counts.unsent, UNSENT)
        };
        *count += 1;
        if kept.len() == most {
            kept.pop_front();
        }
        kept.push_back(Entry { number: self.counts.all(), ..entry });
    }

    /// Returns the entries that are kept, the latest first.
    pub fn latest(&self) -> Vec<Entry> {
        let mut entries: Vec<_> = self.entries().cloned().collect();
        entries.sort_unstable_by_key(|it| Reverse(it.number));
        entries
    }

    /// Returns the entry with this number, if it is kept.
    pub fn entry(&self, number: u64) -> Option<Entry> {
        self.entries().find(|it| it.number == number).cloned()
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.sent.iter().chain(&self.unsent)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use starknet_rust::core::types::Felt;

    use super::super::{ClientRequest, Fate, Happened, Payer, Step, Via};
    use super::*;
    use crate::names::Names;

    impl Kept {
        fn record(&mut self, happened: Happened<'_>) {
            self.keep(Entry::new(happened, Some(0), None, &Names::default()));
        }
    }

    fn sent(hash: u64) -> Happened<'static> {
        Happened {
            via: Via::Rpc,
            step: Step::Send,
            account: Felt::ONE,
            signature: &[Felt::ONE, Felt::TWO],
            calls: &[],
            payer: Some(Payer::Account),
            fate: Fate::Accepted { transaction_hash: hash.into(), l2_gas: 0, fee: 0 },
            typed_data: None,
            request: ClientRequest::of_rpc("rpc", "starknet_nothing", &Value::Null),
        }
    }

    /// Returns what was refused at the estimate, for the reason `told`, of an account with this `signature`.
    fn estimated<'a>(signature: &'a [Felt], told: &str) -> Happened<'a> {
        let (step, payer, fate) = (Step::Estimate, None, Fate::turned_down(told.to_owned()));
        Happened { step, payer, fate, signature, ..sent(0) }
    }

    #[test]
    fn the_oldest_is_forgotten_and_what_was_not_sent_pushes_out_none_that_was() {
        let mut history = Kept::default();
        for hash in 0..(SENT as u64 + 5) {
            history.record(sent(hash));
        }
        for felt in 0..1_000_u64 {
            history.record(estimated(&[felt.into()], "refused"));
        }
        let latest = history.latest();
        assert_eq!(history.counts, Counts { sent: SENT as u64 + 5, unsent: 1_000 });
        assert_eq!(latest.iter().filter(|it| it.is_sent()).count(), SENT);
        assert_eq!((latest.len(), latest[0].number), (SENT + UNSENT, history.counts.all()));
        assert!(latest.iter().rev().is_sorted_by_key(|it| it.number), "the latest is first");
        let oldest = latest.last().map(|it| it.number);
        assert_eq!((oldest, history.entry(6).is_some(), history.entry(5)), (Some(6), true, None));

        // What is sent pushes out no refusal either.
        for hash in 0..(SENT as u64) {
            history.record(sent(hash));
        }
        assert_eq!(history.latest().iter().filter(|it| !it.is_sent()).count(), UNSENT);
    }

    #[test]
    fn the_same_refusal_right_after_itself_is_one_row() {
        let mut history = Kept::default();
        let (first, other) = ([Felt::ONE; 4], [Felt::TWO; 4]);
        let expired = |second: u64| format!("Session: expired: it is over\nthe time is {second}");
        for second in 0..300 {
            history.record(estimated(&first, &expired(second)));
        }
        // Another refusal, another transaction, another step, and the same after something else are rows.
        let gone = |signature| estimated(signature, "Session: not found: it is gone");
        history.record(gone(&first));
        history.record(gone(&other));
        let simulated = || Happened { step: Step::Simulate, ..gone(&other) };
        history.record(simulated());
        history.record(sent(1));
        history.record(simulated());
        // So are requests that differ at their ends only, also if they are too long to be shown.
        for end in ["a", "b", "b"] {
            let params = format!("{}{end}", "0".repeat(100_000)).into();
            let request = ClientRequest::of_rpc("rpc", "starknet_nothing", &params);
            history.record(Happened { request, ..simulated() });
        }
        // What was sent is never one row with another.
        let refused = || Happened { step: Step::Send, ..gone(&other) };
        history.record(refused());
        history.record(refused());
        let rows: Vec<_> = history.latest().iter().map(|it| (it.number, it.times)).rev().collect();
        assert_eq!(
            rows,
            [(1, 300), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 2), (9, 1), (10, 1)]
        );
        assert_eq!(history.counts, Counts { sent: 3, unsent: 7 });
    }
}
