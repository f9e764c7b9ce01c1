//! Compares the client's preflight with the real account, with facts from the model's state. If the class
//! refuses, preflight must name the same rule; if preflight refuses, the class must refuse too.

use session_client::preflight::{self, Known};
use session_client::{Bounds, Fri, Refusal, Rule, SignedOutsideExecution, State};
use session_e2e::{GAS_PRICE, L1_DATA_GAS, L2_GAS};
use starknet_rust::core::types::Felt;

use crate::account::{Account, felt_of};
use crate::facts::{Agreed, shown_policy};
use crate::life::{Seen, commitment, nested};
use crate::operation::{Class, Deed, Key, Outside, Signature, Signer, Stranger, Token};
use crate::rules::Expected;
use crate::state::Model;

/// Preflight's answer about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foretold {
    /// Preflight finds no broken rule.
    Nothing,
    /// `__validate__` will return 0, because of this rule.
    Refused(Rule),
    /// The operation will revert with the error of this rule.
    Reverted(Rule),
}

/// A reason why a batch failed that no client can know before it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unforeseen {
    /// The account measured an outflow. What contracts without a policy take is known only afterwards.
    MeasuredOutflow,
    /// An outside execution within the batch was refused. The called contract decides which ones it
    /// submits, and what they may do depends on the calls before them.
    NestedExecution,
    /// Another contract failed: tokens and other contracts have rules, balances and allowances of their
    /// own.
    AnotherContract,
}

impl Unforeseen {
    /// Returns the name under which it is counted.
    const fn name(self) -> &'static str {
        match self {
            Self::MeasuredOutflow => "an outflow that is measured",
            Self::NestedExecution => "a rule for an outside execution within the batch",
            Self::AnotherContract => "an error of another contract",
        }
    }

    /// Returns the reason why preflight could not know that the batch of `calls` reverts with `refusal`;
    /// `None` if it should have known. `notes` are the model's notes of the batch.
    fn of(refusal: &Refusal, calls: &[Deed], notes: &[&str]) -> Option<Self> {
        match refusal.rule() {
            Some(Rule::SpendingOverWindowMaximum)
                if notes.contains(&"an excess over its window") =>
            {
                Some(Self::MeasuredOutflow)
            }
            Some(_) if !nested(calls).is_empty() => Some(Self::NestedExecution),
            Some(_) => None,
            None => Some(Self::AnotherContract),
        }
    }
}

/// The result of an operation that preflight was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The operation succeeded.
    Made,
    /// The operation was refused, as preflight said.
    Foretold(&'static str),
    /// The operation was refused for a reason that no client can know.
    Unforeseen(&'static str),
}

impl Foretold {
    /// Asks preflight about a plain transaction; `None` if no session of this class signed it.
    pub fn of_plain(
        account: &Account,
        model: &Model,
        signature: Signature,
        calls: &[Deed],
        tip: u64,
    ) -> Option<Self> {
        let (key, valid_until, is_signed) = by_session(model, signature)?;
        let (state, calls) = (state(account, model, key), account.calls(calls, &commitment(tip)));
        let known = Known::new(account.chain.account(), state.as_ref(), model.now);
        let bounds = Bounds {
            l1_gas: 0,
            l1_gas_price: GAS_PRICE,
            l2_gas: L2_GAS,
            l2_gas_price: GAS_PRICE,
            l1_data_gas: L1_DATA_GAS,
            l1_data_gas_price: GAS_PRICE,
        };
        let most_fee = bounds.most(tip).expect("it is no absurd fee");
        let mut plain = preflight::Plain::new(&calls, 0)
            .costing(most_fee)
            .paid_from(Fri(model.holdings.balance(Token::Strk)));
        plain.valid_until = valid_until;
        plain.is_signed = Some(is_signed);
        let foretold = match (known.validate(&plain), known.execute(&plain)) {
            (Err(rule), _) => Self::Refused(rule),
            (_, Err(rule)) => Self::Reverted(rule),
            _ => Self::Nothing,
        };
        assert_eq!(foretold.rule(), known.plain(&plain).err().and_then(|it| it.rule()));
        Some(foretold)
    }

    /// Asks preflight about an outside execution; `None` if no session of this class signed it.
    pub fn of_outside(
        account: &Account,
        model: &Model,
        outside: &Outside,
        signed: &SignedOutsideExecution,
        submitter: Stranger,
    ) -> Option<Self> {
        let (key, valid_until, is_signed) = by_session(model, outside.signature)?;
        let state = state(account, model, key);
        let known = Known::new(account.chain.account(), state.as_ref(), model.now);
        let mut asked = preflight::Outside::new(&signed.outside_execution, 0)
            .submitted_by(account.address_of(submitter));
        asked.valid_until = valid_until;
        asked.is_signed = Some(is_signed);
        asked.is_nonce_spent = Some(model.spent_nonces.contains(&outside.nonce));
        let refused = known.outside(&asked).err();
        let rule = refused.map(|it| it.rule().expect("nobody asked for a balance"));
        Some(rule.map_or(Self::Nothing, Self::Reverted))
    }

    const fn rule(self) -> Option<Rule> {
        match self {
            Self::Nothing => None,
            Self::Refused(rule) | Self::Reverted(rule) => Some(rule),
        }
    }

    /// Compares preflight's answer with what was `seen` of the operation with `calls`. `expected` and
    /// `notes` are the model's. `__validate__` does not say which rule is broken: preflight's rule must
    /// then be one of those that the model lists.
    pub fn hold(
        self,
        expected: &Expected,
        seen: &Seen,
        calls: &[Deed],
        notes: &[&str],
    ) -> Agreed<Held> {
        let unforeseen = match seen {
            Seen::Reverted(refusal) => Unforeseen::of(refusal, calls, notes),
            _ => None,
        };
        match (self, seen, expected) {
            (Self::Nothing, Seen::Succeeded, _) => Ok(Held::Made),
            (Self::Refused(rule), Seen::Refused, Expected::Refused(broken))
                if broken.contains(&rule.error()) =>
            {
                Ok(Held::Foretold(rule.error()))
            }
            (Self::Reverted(rule), Seen::Reverted(refusal), _) if refusal.rule() == Some(rule) => {
                Ok(Held::Foretold(rule.error()))
            }
            (Self::Nothing, Seen::Reverted(_), _) if unforeseen.is_some() => {
                Ok(unforeseen.map_or(Held::Made, |it| Held::Unforeseen(it.name())))
            }
            _ => Err(format!("preflight foretold {self:?}, expected {expected:?}, got {seen:?}")),
        }
    }
}

/// Returns the key, the signature's end and whether the signature is valid, if a session of this class made
/// it.
fn by_session(model: &Model, signature: Signature) -> Option<(Key, Felt, bool)> {
    match (model.class, signature) {
        (Class::Ours, Signature::Session { key, by, valid_until }) => {
            let is_signed = by == Signer::Itself || by == Signer::Session(key);
            Some((key, felt_of(valid_until), is_signed))
        }
        _ => None,
    }
}

/// Returns the state that the client should read of the session of `key`, if there is one.
pub fn state(account: &Account, model: &Model, key: Key) -> Option<State> {
    let session = model.sessions.get(&key)?;
    let mut state = State::new(account.key(key), session.valid_until, session.max_calls);
    state.calls_left = session.max_calls - session.used;
    state.allowed_len = session.allowed.entries().len() as u32;
    state.allowed = Some(account.shown(&session.allowed));
    state.fee_limit = model.fee_limits.get(&key).map(|it| Fri((*it).into()));
    let policy = |token: &Token| {
        let policy = model.policies.get(&(key, *token)).copied();
        (account.token(*token), shown_policy(policy))
    };
    state.policies = model.tokens.get(&key).into_iter().flatten().map(policy).collect();
    Some(state)
}
