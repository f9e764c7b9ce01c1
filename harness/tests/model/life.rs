//! Runs the life of one account on the chain and in the model. After each operation both must agree.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use serde::Serialize;
use session_client::{Error, Outcome, Refusal, SignedOutsideExecution};
use session_e2e::{GAS_PRICE, L1_DATA_GAS, L2_GAS};
use starknet_rust::core::types::{BlockId, BlockTag, MaybePreConfirmedBlockWithTxHashes};
use starknet_rust::providers::Provider;

use crate::account::{Account, BALANCE, LITTLE};
use crate::facts::{Agreed, Fact, equal};
use crate::foretold::{Foretold, Held};
use crate::holdings::Holdings;
use crate::invariants::Witness;
use crate::operation::{
    Class, Deed, Errand, Key, Operation, Outside, Signature, Stranger, Token, Wait,
};
use crate::rules::{Commitment, Expected};
use crate::state::{HOUR, Model, Policy};

/// Counts the results of operations.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Count {
    pub operations: u32,
    pub succeeded: u32,
    /// The number of succeeded operations by sessions.
    pub by_sessions: u32,
    pub refused: u32,
    pub reverted: u32,
    /// The number of operations that were refused by each rule alone.
    pub met: BTreeMap<&'static str, u32>,
    /// The number of operations that reached each case that the model notes.
    pub reached: BTreeMap<&'static str, u32>,
    /// The number of operations by sessions that broke each rule first, as preflight had said.
    pub foretold: BTreeMap<&'static str, u32>,
    /// The number of operations by sessions that reverted for a reason that no client can know.
    pub unforeseen: BTreeMap<&'static str, u32>,
    /// The number of operations by sessions that preflight was asked about.
    pub asked: u32,
    /// The number of times that the client read a session's state and it equalled the model's.
    pub states: u32,
}

/// After one of this many operations by sessions, the client reads the session's state.
const STATES: u32 = 10;

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.succeeded += other.succeeded;
        self.by_sessions += other.by_sessions;
        self.refused += other.refused;
        self.reverted += other.reverted;
        self.asked += other.asked;
        self.states += other.states;
        for (mine, others) in [
            (&mut self.met, other.met),
            (&mut self.reached, other.reached),
            (&mut self.foretold, other.foretold),
            (&mut self.unforeseen, other.unforeseen),
        ] {
            others.into_iter().for_each(|(what, count)| *mine.entry(what).or_default() += count);
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operations, succeeded, by_sessions, refused, reverted, .. } = self;
        writeln!(
            f,
            "{operations} operations: {succeeded} succeeded, {by_sessions} of them by sessions; \
             {refused} were refused, {reverted} reverted"
        )?;
        let sum = |counts: &BTreeMap<_, u32>| counts.values().sum::<u32>();
        writeln!(
            f,
            "preflight was asked of {} by sessions, and foretold {} refusals; {} more could not be \
             foretold; {} states were read",
            self.asked,
            sum(&self.foretold),
            sum(&self.unforeseen),
            self.states
        )?;
        for (title, counts) in [
            ("met one rule alone", &self.met),
            ("reached", &self.reached),
            ("foretold", &self.foretold),
            ("not to be foretold", &self.unforeseen),
        ] {
            writeln!(f, "{title}:")?;
            counts.iter().try_for_each(|(what, count)| writeln!(f, "{count:6} {what}"))?;
        }
        Ok(())
    }
}

pub struct Life<'a> {
    account: &'a Account,
    model: Model,
    witness: Witness,
    /// The outside executions that were submitted before.
    sent: Vec<(Outside, SignedOutsideExecution)>,
    /// The time that the next transaction would see, in Unix seconds.
    shown: u64,
    pub count: Count,
}

impl<'a> Life<'a> {
    /// Begins the life of `account`, which is new and whose chain has the time `now`.
    pub fn new(account: &'a Account, now: u64) -> Self {
        let balances = [(Token::Strk, BALANCE.into()), (Token::Eth, LITTLE), (Token::Coin, LITTLE)];
        let holdings = Holdings::new(balances);
        Self {
            account,
            model: Model::new(now, holdings),
            witness: Witness::new(0),
            sent: vec![],
            shown: now,
            count: Count::default(),
        }
    }

    pub async fn live(&mut self, operations: Vec<Operation>) -> Agreed {
        for (index, mut operation) in operations.into_iter().enumerate() {
            operation.settle(&self.model);
            self.step(&operation).await.map_err(|error| {
                format!("operation {index}, {operation:?}: {error}\n{:#?}", self.model)
            })?;
            self.count.operations += 1;
        }
        self.compare(Fact::all(&self.model)).await
    }

    async fn step(&mut self, operation: &Operation) -> Agreed {
        if let Operation::Wait(wait) = operation {
            self.wait(*wait).await;
            return Ok(());
        }
        // The chain's clock runs on between blocks, so it is set again.
        if self.shown != self.model.now {
            self.account.chain.set_time(self.model.now).await;
        }
        match operation {
            Operation::Wait(_) => {}
            Operation::Ask(key, deed) => self.ask(*key, deed).await?,
            Operation::Plain { signature, calls, tip } => {
                self.plain(*signature, calls, *tip).await?;
                self.keep_nested(calls);
            }
            Operation::Outside(outside, submitter) => {
                let signed = self.account.sign(outside, &commitment(0));
                self.submit(outside, &signed, *submitter).await?;
                self.sent.push((outside.clone(), signed));
                self.keep_nested(&outside.calls);
            }
            Operation::Replay(nth, submitter) => {
                if let Some(nth) = self.sent.len().checked_sub(1 + nth) {
                    let (outside, signed) = self.sent[nth].clone();
                    self.submit(&outside, &signed, *submitter).await?;
                }
            }
            Operation::Intrude(deed) => {
                let sent = self.account.intrude(deed, &commitment(0)).await;
                self.shown = self.next_time().await;
                let (seen, _) = seen(sent, self.model.class)?;
                self.model.begin();
                let expected = self.model.intrude(deed);
                self.agree(&expected, &seen)?;
                if let Deed::Route(it) = deed {
                    self.compare(Fact::of_move(it)).await?;
                }
            }
        }
        Ok(())
    }

    async fn plain(&mut self, signature: Signature, calls: &[Deed], tip: u64) -> Agreed {
        let (fees, class) = (commitment(tip), self.model.class);
        self.model.begin();
        let mut model = self.model.clone();
        let expected = model.plain(signature, calls, &fees);
        if expected.is_loss() {
            return Ok(());
        }
        let foretold = Foretold::of_plain(self.account, &self.model, signature, calls, tip);
        let sent = self.account.plain(signature, calls, self.model.nonce, tip, &fees).await;
        self.shown = self.next_time().await;
        self.model = model;
        let (seen, fee) = seen(sent, class)?;
        self.model.holdings.pay_fee(fee);
        self.hold(foretold, &expected, &seen, calls)?;
        self.agree(&expected, &seen)?;
        self.sample(signature).await?;
        if matches!(seen, Seen::Refused) {
            return Ok(());
        }
        self.compare([Fact::Balance(Token::Strk)]).await?;
        self.included(signature, calls, matches!(seen, Seen::Succeeded)).await
    }

    async fn submit(
        &mut self,
        outside: &Outside,
        signed: &SignedOutsideExecution,
        submitter: Stranger,
    ) -> Agreed {
        self.model.begin();
        let mut model = self.model.clone();
        let expected = model.outside(outside, submitter, &commitment(0));
        if expected.is_loss() {
            return Ok(());
        }
        let foretold = Foretold::of_outside(self.account, &self.model, outside, signed, submitter);
        let sent = self.account.submit(signed, submitter).await;
        self.shown = self.next_time().await;
        let (seen, _) = seen(sent, self.model.class)?;
        self.model = model;
        self.hold(foretold, &expected, &seen, &outside.calls)?;
        self.agree(&expected, &seen)?;
        self.sample(outside.signature).await?;
        if matches!(seen, Seen::Succeeded) {
            self.included(outside.signature, &outside.calls, true).await?;
        }
        Ok(())
    }

    /// Compares preflight's answer, if it was asked, with what was seen.
    fn hold(
        &mut self,
        foretold: Option<Foretold>,
        expected: &Expected,
        seen: &Seen,
        calls: &[Deed],
    ) -> Agreed {
        let Some(foretold) = foretold else { return Ok(()) };
        self.count.asked += 1;
        let counted = match foretold.hold(expected, seen, calls, &self.model.notes)? {
            Held::Made => return Ok(()),
            Held::Foretold(rule) => self.count.foretold.entry(rule),
            Held::Unforeseen(why) => self.count.unforeseen.entry(why),
        };
        *counted.or_default() += 1;
        Ok(())
    }

    /// Sometimes has the client read the state of the session that made `signature`.
    async fn sample(&mut self, signature: Signature) -> Agreed {
        let Signature::Session { key, .. } = signature else { return Ok(()) };
        if !self.count.asked.is_multiple_of(STATES) {
            return Ok(());
        }
        self.count.states += 1;
        self.compare([Fact::State(key)]).await
    }

    /// Keeps the outside executions that a batch of `calls` submitted, so that they can be submitted again.
    fn keep_nested(&mut self, calls: &[Deed]) {
        for outside in nested(calls) {
            let signed = self.account.sign(outside, &commitment(0));
            self.sent.push((outside.clone(), signed));
        }
    }

    /// Checks a transaction of `signature` that is in a block, and whose `calls` were made if `done`: all
    /// facts that it can have changed must equal the model's.
    async fn included(&mut self, signature: Signature, calls: &[Deed], done: bool) -> Agreed {
        let courses = done.then_some(&self.model.courses[..]);
        if self.witness.see(signature, calls, self.model.now, courses)? {
            *self.count.reached.entry("more than a maximum around a window's edge").or_default() +=
                1;
        }
        if matches!(signature, Signature::Session { .. }) {
            self.count.by_sessions += u32::from(done);
        }
        self.compare(if done {
            Fact::of_batch(signature, calls)
        } else {
            Fact::of_signer(signature)
        })
        .await
    }

    async fn compare(&self, facts: impl IntoIterator<Item = Fact>) -> Agreed {
        for fact in facts {
            fact.compare(self.account, &self.model, self.shown).await?;
        }
        Ok(())
    }

    async fn wait(&mut self, wait: Wait) {
        let now = self.model.now;
        let until = match wait {
            Wait::Seconds(seconds) => now + seconds,
            Wait::ForEnd(key, seconds) => self.model.last_end(key).saturating_add_signed(seconds),
            Wait::ForSomeEnd(nth, seconds) => {
                let active = self.model.active();
                if let Some(nth) = nth.checked_rem(active.len()) {
                    self.model.awaited = active[nth];
                }
                self.model.last_end(self.model.awaited).saturating_add_signed(seconds)
            }
            Wait::ForWindow(key, token, seconds) => {
                let policy = self.model.policies.get(&(key, token));
                policy.map_or(now, end_of).saturating_add_signed(seconds)
            }
            Wait::ForSomeWindow(nth, seconds) => {
                let begun = |((key, _), policy): (&(Key, Token), &Policy)| {
                    let open = self.model.is_active(*key) && end_of(policy) > now;
                    (open && policy.start != 0).then(|| (*key, end_of(policy)))
                };
                let windows: Vec<_> = self.model.policies.iter().filter_map(begun).collect();
                match nth.checked_rem(windows.len()) {
                    Some(nth) => {
                        self.model.awaited = windows[nth].0;
                        windows[nth].1.saturating_add_signed(seconds)
                    }
                    None => now,
                }
            }
            Wait::ForNextHour => now - now % HOUR + HOUR,
        };
        // The time never goes back, and never so far forward that all sessions have ended.
        if (now..now + 12 * HOUR).contains(&until) {
            self.model.now = until;
        }
        self.account.chain.set_time(self.model.now).await;
        self.shown = self.model.now;
    }

    fn agree(&mut self, expected: &Expected, seen: &Seen) -> Agreed {
        let agreed = match (expected, seen) {
            (Expected::Succeeded, Seen::Succeeded) => {
                self.count.succeeded += 1;
                true
            }
            (Expected::Refused(rules), Seen::Refused) => {
                self.count.refused += 1;
                self.met(rules);
                true
            }
            (Expected::Reverted(errors), Seen::Reverted(refusal)) => {
                self.count.reverted += 1;
                self.met(errors);
                errors.iter().any(|error| refusal.said().contains(error))
            }
            _ => false,
        };
        for note in self.model.notes.drain(..).chain(self.model.done.drain(..)) {
            *self.count.reached.entry(note).or_default() += 1;
        }
        if agreed { Ok(()) } else { Err(format!("expected {expected:?}, got {seen:?}")) }
    }

    async fn ask(&mut self, key: Key, deed: &Deed) -> Agreed {
        if self.model.class == Class::OpenZeppelin {
            return Ok(());
        }
        let (contract, public_key) = (&self.account.chain.contract, self.account.key(key));
        let call = self.account.call(deed, &commitment(0));
        let found = contract.is_call_allowed(public_key, &call).await.expect("a view");
        let expected = self.model.is_call_allowed(key, deed);
        let answer = if expected { "a call that is allowed" } else { "a call that is not allowed" };
        *self.count.reached.entry(answer).or_default() += 1;
        equal("is_call_allowed", &expected, &found)
    }

    /// Counts an operation that was refused by one rule alone.
    fn met(&mut self, rules: &[&'static str]) {
        let mut rules = rules.to_vec();
        rules.dedup();
        if let [rule] = rules[..] {
            let rule = if rule.is_empty() { "an error of the token's" } else { rule };
            *self.count.met.entry(rule).or_default() += 1;
        }
    }

    async fn next_time(&self) -> u64 {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        match self.account.chain.node.get_block_with_tx_hashes(block).await.expect("a block") {
            MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(block) => block.timestamp,
            MaybePreConfirmedBlockWithTxHashes::Block(block) => block.timestamp,
        }
    }
}

/// The result of a transaction.
#[derive(Debug)]
pub enum Seen {
    Succeeded,
    Refused,
    Reverted(Refusal),
}

/// Returns the result of a transaction and its fee, in FRI.
fn seen(sent: Result<Outcome, Error>, class: Class) -> Agreed<(Seen, u128)> {
    match sent {
        Ok(outcome) => {
            let fee = outcome.fee.0;
            Ok((outcome.reverted.map_or(Seen::Succeeded, Seen::Reverted), fee))
        }
        Err(Error::Refused(refusal)) => {
            let returned_0 = refusal.said().contains("should return `VALID`. Got Retdata([0x0])");
            if returned_0 || class == Class::OpenZeppelin {
                Ok((Seen::Refused, 0))
            } else {
                Err(format!("__validate__ did not return 0: {refusal}"))
            }
        }
        Err(error) => Err(format!("the node: {error}")),
    }
}

/// Returns the outside executions that `calls` submit, and those that these submit in turn.
pub fn nested(calls: &[Deed]) -> Vec<&Outside> {
    let errands = calls.iter().flat_map(|deed| match deed {
        Deed::Make(errands) => &errands[..],
        _ => &[],
    });
    let submitted = errands.filter_map(|errand| match errand {
        Errand::Submit(outside) => Some(outside),
        Errand::Move(_) => None,
    });
    submitted.flat_map(|it| [vec![it], nested(&it.calls)].concat()).collect()
}

/// Returns the first second after the window.
const fn end_of(policy: &Policy) -> u64 {
    policy.start.saturating_add(policy.window)
}

pub fn commitment(tip: u64) -> Commitment {
    let with = |tip: u64| {
        u128::from(L2_GAS) * (GAS_PRICE + u128::from(tip)) + u128::from(L1_DATA_GAS) * GAS_PRICE
    };
    Commitment { without_tip: with(0), with_tip: with(tip) }
}
