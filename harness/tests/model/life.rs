//! One account's life, on the chain and in the model: after each operation both must agree.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use session_harness::{Error, Outcome, SignedOutsideExecution, SpendingPolicy, token};
use starknet_rust_core::types::{
    BlockId, BlockTag, Felt, MaybePreConfirmedBlockWithTxHashes, U256,
};
use starknet_rust_providers::Provider;

use crate::account::{Account, BALANCE, ETH_BALANCE, address};
use crate::chain::{GAS_PRICE, L1_DATA_GAS, L2_GAS};
use crate::invariants::Witness;
use crate::operation::{
    Class, Deed, KEYS, Key, Operation, Outside, RECIPIENTS, Signature, Stranger, Token, Wait,
};
use crate::rules::{Commitment, Expected};
use crate::slots::{self, Record};
use crate::state::{HOUR, Kind, Model, Policy, Session};

/// What operations came to.
#[derive(Debug, Default, Clone)]
pub struct Count {
    pub operations: u32,
    pub succeeded: u32,
    /// Of those that succeeded.
    pub by_sessions: u32,
    pub refused: u32,
    pub reverted: u32,
    /// How many met each rule, and nothing else: it alone refused them.
    pub met: BTreeMap<&'static str, u32>,
    /// How many reached what the model notes.
    pub reached: BTreeMap<&'static str, u32>,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.succeeded += other.succeeded;
        self.by_sessions += other.by_sessions;
        self.refused += other.refused;
        self.reverted += other.reverted;
        for (mine, others) in [(&mut self.met, other.met), (&mut self.reached, other.reached)] {
            others.into_iter().for_each(|(what, count)| *mine.entry(what).or_default() += count);
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operations, succeeded, by_sessions, refused, reverted, met, reached } = self;
        writeln!(
            f,
            "{operations} operations: {succeeded} succeeded, {by_sessions} of them by sessions; \
             {refused} were refused, {reverted} reverted"
        )?;
        for (title, counts) in [("met one rule alone", met), ("reached", reached)] {
            writeln!(f, "{title}:")?;
            counts.iter().try_for_each(|(what, count)| writeln!(f, "{count:6} {what}"))?;
        }
        Ok(())
    }
}

type Agreed<T = ()> = Result<T, String>;

pub struct Life<'a> {
    account: &'a Account,
    model: Model,
    witness: Witness,
    /// Outside executions that were submitted before.
    sent: Vec<(Outside, SignedOutsideExecution)>,
    /// The time that the next transaction would see.
    shown: u64,
    pub count: Count,
}

impl<'a> Life<'a> {
    /// Of `account`, which is new and whose chain shows the time `now`.
    pub fn new(account: &'a Account, now: u64) -> Self {
        Self {
            account,
            model: Model::new(now, BALANCE.into(), ETH_BALANCE),
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
        let registered: Vec<_> = self.model.registered.keys().copied().collect();
        for key in registered.into_iter().chain([self.model.fresh()]) {
            self.compare_key(key).await?;
            self.compare_list(key).await?;
        }
        self.compare_balances().await
    }

    async fn step(&mut self, operation: &Operation) -> Agreed {
        if let Operation::Wait(wait) = operation {
            self.wait(*wait).await;
            return Ok(());
        }
        // The chain's clock runs on between blocks.
        if self.shown != self.model.now {
            self.account.chain.set_time(self.model.now).await;
        }
        match operation {
            Operation::Wait(_) => {}
            Operation::Ask(key, deed) => self.ask(*key, deed).await?,
            Operation::Plain { signature, calls, tip } => {
                self.plain(*signature, calls, *tip).await?;
            }
            Operation::Outside(outside, submitter) => {
                let signed = self.account.sign(outside, &commitment(0));
                self.submit(outside, &signed, *submitter).await?;
                self.sent.push((outside.clone(), signed));
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
                self.agree(&self.model.intrude(deed), &seen)?;
            }
        }
        self.compare_session(self.count.operations as usize % KEYS).await
    }

    async fn plain(&mut self, signature: Signature, calls: &[Deed], tip: u64) -> Agreed {
        let (fees, class) = (commitment(tip), self.model.class);
        self.model.notes.clear();
        let mut model = self.model.clone();
        let expected = model.plain(signature, calls, &fees);
        if expected.is_loss() {
            return Ok(());
        }
        let sent = self.account.plain(signature, calls, self.model.nonce, tip, &fees).await;
        self.shown = self.next_time().await;
        self.model = model;
        let (seen, fee) = seen(sent, class)?;
        *self.model.balances.entry(Token::Strk).or_default() -= fee;
        self.agree(&expected, &seen)?;
        if matches!(seen, Seen::Refused) {
            return Ok(());
        }
        self.compare_balance(Token::Strk).await?;
        self.included(signature, calls, matches!(seen, Seen::Succeeded)).await
    }

    async fn submit(
        &mut self,
        outside: &Outside,
        signed: &SignedOutsideExecution,
        submitter: Stranger,
    ) -> Agreed {
        self.model.notes.clear();
        let mut model = self.model.clone();
        let expected = model.outside(outside, submitter, &commitment(0));
        if expected.is_loss() {
            return Ok(());
        }
        let sent = self.account.submit(signed, submitter).await;
        self.shown = self.next_time().await;
        let (seen, _) = seen(sent, self.model.class)?;
        self.model = model;
        self.agree(&expected, &seen)?;
        if matches!(seen, Seen::Succeeded) {
            self.included(outside.signature, &outside.calls, true).await?;
        }
        Ok(())
    }

    /// What `signature` allows is in a block, and its `calls` were made if it is `done`: whatever
    /// they change must be as in the model.
    async fn included(&mut self, signature: Signature, calls: &[Deed], done: bool) -> Agreed {
        self.witness.see(signature, calls, self.model.now, done)?;
        if let Signature::Session { key, .. } = signature {
            self.count.by_sessions += u32::from(done);
            self.compare_session(key).await?;
        }
        for deed in calls.iter().filter(|_| done) {
            match (deed, signature) {
                (Deed::Token { token, .. }, Signature::Session { key, .. }) => {
                    self.compare_balance(*token).await?;
                    self.compare_policy(key, *token).await?;
                }
                (Deed::Token { token, .. }, _) => self.compare_balance(*token).await?,
                (Deed::SetOwner { .. } | Deed::Upgrade(_), _) => {
                    let owner = self.account.chain.contract.public_key().await.expect("a view");
                    equal("the owner", &self.account.owner(self.model.owner), &owner)?;
                }
                _ => {
                    if let Some(key) = deed.key() {
                        self.compare_key(key).await?;
                    }
                    if let (Deed::Register { .. }, Some(key)) = (deed, deed.key()) {
                        self.compare_list(key).await?;
                    }
                }
            }
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
        // Never back, and never so far that nothing is left to see.
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
            (Expected::Reverted(errors), Seen::Reverted(reason)) => {
                self.count.reverted += 1;
                self.met(errors);
                errors.iter().any(|error| reason.contains(error))
            }
            _ => false,
        };
        for note in std::mem::take(&mut self.model.notes) {
            *self.count.reached.entry(note).or_default() += 1;
        }
        if agreed { Ok(()) } else { Err(format!("expected {expected:?}, got {seen:?}")) }
    }

    async fn compare_key(&self, key: Key) -> Agreed {
        self.compare_session(key).await?;
        self.compare_policy(key, Token::Strk).await?;
        self.compare_policy(key, Token::Eth).await?;
        if self.model.class == Class::OpenZeppelin {
            return Ok(());
        }
        let (contract, public_key) = (&self.account.chain.contract, self.account.key(key));
        let session = self.model.sessions.get(&key);

        let status = contract.session_status(public_key).await.expect("a view");
        let mut then = self.model.clone();
        then.now = self.shown;
        equal("is_active", &then.is_active(key), &status.is_active)?;
        equal("valid_until", &session.map_or(0, |it| it.valid_until), &status.valid_until)?;
        let left = session.map_or(0, |it| it.max_calls - it.used);
        equal("remaining_calls", &left, &status.remaining_calls)?;

        let entries = session.map_or(0, |it| it.allowed.entries().len());
        equal("allowed_len", &entries, &(status.allowed_len as usize))?;

        let limit = contract.session_fee_limit(public_key).await.expect("a view");
        let expected = self.model.fee_limits.get(&key).map(|limit| u128::from(*limit));
        equal("the fee limit", &expected, &limit)?;
        let record = self.account.chain.stored(slots::record_of(public_key)).await;
        equal("the record", &self.record(key), &Record::unpack(record))?;
        let epoch = self.account.chain.stored(slots::epoch()).await;
        equal("the epoch", &Felt::from(self.model.epoch), &epoch)
    }

    /// What the account should keep of `key`.
    fn record(&self, key: Key) -> Record {
        let model = &self.model;
        let registered = model.registered.get(&key);
        let session = model.sessions.get(&key).or_else(|| model.left.get(&key));
        let of_session = |field: fn(&Session) -> u32| session.map_or(0, field);
        Record {
            valid_until: session.map_or(0, |it| it.valid_until),
            generation: registered.map_or(0, |it| it.generation),
            max_calls: of_session(|it| it.max_calls),
            left: of_session(|it| it.max_calls - it.used),
            epoch: registered.map_or(0, |it| it.epoch),
            entries: of_session(|it| it.allowed.entries().len() as u32) as u16,
            kind: registered.map_or(0, |it| match it.kind {
                Kind::Anything => 0,
                Kind::Functions => 1,
                Kind::Calls => 2,
            }),
            fee_limit: model.fee_limits.get(&key).map_or(0, |it| u128::from(*it) + 1),
        }
    }

    /// The list that the events show.
    async fn compare_list(&self, key: Key) -> Agreed {
        let (account, session) = (self.account, self.model.sessions.get(&key));
        let expected = session.map(|it| account.shown(&it.allowed));
        let found = account.chain.contract.allowed(account.key(key)).await.expect("events");
        equal("the list", &expected, &found)
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

    /// Counts an operation that a rule alone stood against.
    fn met(&mut self, rules: &[&'static str]) {
        let mut rules = rules.to_vec();
        rules.dedup();
        if let [rule] = rules[..] {
            let rule = if rule.is_empty() { "an error of the token's" } else { rule };
            *self.count.met.entry(rule).or_default() += 1;
        }
    }

    async fn compare_policy(&self, key: Key, token: Token) -> Agreed {
        if self.model.class == Class::OpenZeppelin {
            return Ok(());
        }
        let (contract, public_key) = (&self.account.chain.contract, self.account.key(key));
        let policy = self.model.policies.get(&(key, token)).copied();
        let found = contract.spending_policy(public_key, address(token)).await.expect("a view");
        equal("the policy", &shown(policy), &found)
    }

    async fn compare_session(&self, key: Key) -> Agreed {
        let data = self.account.chain.contract.session_data(self.account.key(key)).await;
        if self.model.class == Class::OpenZeppelin {
            return match data {
                Err(_) => Ok(()),
                Ok(data) => Err(format!("OpenZeppelin's class knows a session: {data:?}")),
            };
        }
        let data = data.expect("a view");
        let session = self.model.sessions.get(&key);
        let expected = session.map_or((0, 0, 0, 0), |it| {
            (it.valid_until, it.max_calls, it.used, it.allowed.entries().len())
        });
        let length = data.allowed_entrypoints_len as usize;
        let found = (data.valid_until, data.max_calls, data.calls_used, length);
        equal("the session", &expected, &found)
    }

    async fn compare_balances(&self) -> Agreed {
        for held in [Token::Strk, Token::Eth] {
            self.compare_balance(held).await?;
            for recipient in 0..RECIPIENTS {
                let node = &self.account.chain.node;
                let whose = self.account.recipient(recipient);
                let found = token::balance(node, address(held), whose).await.expect("a balance");
                let expected = self.model.received.get(&(held, recipient)).copied();
                equal("what a recipient has", &expected.unwrap_or(0), &found)?;
            }
        }
        Ok(())
    }

    async fn compare_balance(&self, held: Token) -> Agreed {
        let chain = &self.account.chain;
        let found = token::balance(&chain.node, address(held), chain.account()).await;
        equal("the balance", &self.model.balances[&held], &found.expect("a balance"))
    }

    async fn next_time(&self) -> u64 {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        match self.account.chain.node.get_block_with_tx_hashes(block).await.expect("a block") {
            MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(block) => block.timestamp,
            MaybePreConfirmedBlockWithTxHashes::Block(block) => block.timestamp,
        }
    }
}

/// What became of a transaction.
#[derive(Debug)]
enum Seen {
    Succeeded,
    Refused,
    Reverted(String),
}

/// With the fee that it cost.
fn seen(sent: Result<Outcome, Error>, class: Class) -> Agreed<(Seen, u128)> {
    match sent {
        Ok(outcome) => {
            let fee = outcome.fee.try_into().map_err(|_| "a fee of 2^128 and more")?;
            Ok((outcome.revert_reason.map_or(Seen::Succeeded, Seen::Reverted), fee))
        }
        Err(Error::Refused(reason)) => {
            let returned_0 = reason.contains("should return `VALID`. Got Retdata([0x0])");
            if returned_0 || class == Class::OpenZeppelin {
                Ok((Seen::Refused, 0))
            } else {
                Err(format!("__validate__ did not return 0: {reason}"))
            }
        }
        Err(error) => Err(format!("the node: {error}")),
    }
}

/// The first second after the window.
const fn end_of(policy: &Policy) -> u64 {
    policy.start.saturating_add(policy.window)
}

fn commitment(tip: u64) -> Commitment {
    let with = |tip: u64| {
        u128::from(L2_GAS) * (GAS_PRICE + u128::from(tip)) + u128::from(L1_DATA_GAS) * GAS_PRICE
    };
    Commitment { without_tip: with(0), with_tip: with(tip) }
}

fn shown(policy: Option<Policy>) -> SpendingPolicy {
    let policy =
        policy.unwrap_or(Policy { per_call: 0, per_window: 0, window: 0, spent: 0, start: 0 });
    SpendingPolicy {
        max_per_call: U256::from(policy.per_call),
        max_per_window: U256::from(policy.per_window),
        window_seconds: policy.window,
        spent_in_window: U256::from(policy.spent),
        window_start: policy.start,
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, found: &T) -> Agreed {
    if expected == found {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected:?}, got {found:?}"))
    }
}
