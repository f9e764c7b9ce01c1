//! A transaction's way: estimated, shown, agreed to, sent, waited for.

use serde_json::{Value, json};
use session_harness::{Error, Outcome, token};
use starknet_rust_accounts::{
    AccountDeploymentV3, AccountFactory, ConnectedAccount, DeclarationV3, ExecutionV3,
};
use starknet_rust_core::types::{FeeEstimate, Felt, StarknetError};
use starknet_rust_providers::{Provider, ProviderError};

use super::answer::{Answer, Printer, hex};
use super::ask;
use super::chain::{Chain, NEXT_BLOCK};
use super::exit::{Failure, Kind};
use super::fee::{Bounds, Quote};
use super::options::{FeeOptions, Globals, NodeOptions};
use super::progress;
use super::settings::Settings;
use super::value::{Strk, strk};

/// A node recommends a tip; ours is none.
const TIP: u64 = 0;

/// What every transaction of a command has in common.
pub struct Desk {
    pub settings: Settings,
    pub chain: Chain,
    pub printer: Printer,
    pub fee: FeeOptions,
}

/// What became of a transaction.
pub enum Sent {
    /// Nothing: it was only estimated.
    Estimated(Quote),
    /// It is in a block, and did what it should.
    Included(Outcome),
}

/// One that can be estimated and sent: the three kinds of starknet-rust's.
pub trait Transaction: Sized {
    /// The same, as its account's transaction number `nonce`.
    fn numbered(self, nonce: Felt) -> Self;
    /// What it will cost, signed, with validation counted.
    async fn estimate(&self) -> Result<FeeEstimate, Error>;
    /// Signs it and sends it, with these bounds; `known` is told its hash before it is sent, and can
    /// stop it. Returns the hash, computed here: a node may tell another one.
    async fn send_with(
        self,
        bounds: Bounds,
        known: impl FnOnce(Felt) -> Result<(), Failure>,
    ) -> Result<Felt, Failure>;
}

/// The three kinds have the same methods, and no trait.
macro_rules! transaction {
    ($kind:ident of $account:ident) => {
        impl<A: $account + Sync> Transaction for $kind<'_, A> {
            fn numbered(self, nonce: Felt) -> Self {
                self.nonce(nonce)
            }

            async fn estimate(&self) -> Result<FeeEstimate, Error> {
                Ok(self.estimate_fee().await?)
            }

            async fn send_with(
                self,
                bounds: Bounds,
                known: impl FnOnce(Felt) -> Result<(), Failure>,
            ) -> Result<Felt, Failure> {
                let transaction = self
                    .l1_gas(bounds.l1_gas)
                    .l1_gas_price(bounds.l1_gas_price)
                    .l2_gas(bounds.l2_gas)
                    .l2_gas_price(bounds.l2_gas_price)
                    .l1_data_gas(bounds.l1_data_gas)
                    .l1_data_gas_price(bounds.l1_data_gas_price)
                    .tip(TIP)
                    .prepared()
                    .map_err(|error| Error::Signing(error.to_string()))?;
                let hash = transaction.transaction_hash(false);
                known(hash)?;
                transaction.send().await.map_err(|error| unsent(error.into(), hash))?;
                Ok(hash)
            }
        }
    };
}

transaction!(ExecutionV3 of ConnectedAccount);
transaction!(DeclarationV3 of ConnectedAccount);
transaction!(AccountDeploymentV3 of AccountFactory);

/// That the node did not take the transaction `hash`, or did not say so.
fn unsent(error: Error, hash: Felt) -> Failure {
    match error {
        Error::Node(_) | Error::Answer(_) => Failure::new(
            Kind::Network,
            format!("{error}. The transaction may have been sent all the same"),
        )
        .remedy(format!(
            "look with `session-harness wait {hash:#066x}` before anything is sent again"
        ))
        .of(hash),
        refused => refused.into(),
    }
}

impl Desk {
    /// At a node of the right network.
    pub async fn open(
        globals: &Globals,
        node: &NodeOptions,
        fee: FeeOptions,
    ) -> Result<Self, Failure> {
        let settings = Settings::resolve(globals, node)?;
        let chain = Chain::connect(&settings).await?;
        Ok(Self { settings, chain, printer: Printer { json: globals.json }, fee })
    }

    /// Has `payer` pay for `transaction`, which `deed` names: `declare the class`.
    pub async fn send(
        &self,
        payer: Felt,
        deed: &str,
        transaction: impl Transaction,
    ) -> Result<Sent, Failure> {
        self.send_within(payer, deed, transaction, None, |_| Ok(())).await
    }

    /// The same, costing at most `limit`; `record` is told the hash before anything is sent.
    pub async fn send_within(
        &self,
        payer: Felt,
        deed: &str,
        transaction: impl Transaction,
        limit: Option<Strk>,
        record: impl FnOnce(Felt) -> Result<(), Failure>,
    ) -> Result<Sent, Failure> {
        let transaction = transaction.numbered(self.nonce_of(payer).await?);
        let estimate = transaction.estimate().await?;
        let limit = [limit, self.fee.max_fee].into_iter().flatten().min();
        let quote = Quote::new(&estimate, limit)?;
        self.printer.note(format!("{deed}, on {}: {}", self.chain.name(), quote.told()));
        let can_pay = self.can_pay(payer, &quote).await;
        if self.fee.dry_run {
            if let Err(failure) = can_pay {
                self.printer.warn(failure.what());
            }
            return Ok(Sent::Estimated(quote));
        }
        can_pay?;
        if self.chain.network.is_dear() && !self.fee.yes {
            let network = &self.chain.network;
            ask::confirm(&format!("Spend up to {} on {network}?", strk(quote.most)))?;
        }

        let hash = transaction.send_with(quote.bounds, record).await?;
        self.printer.note(format!("sent: {hash:#066x}"));
        let outcome =
            progress::wait(&self.chain.node, hash, self.settings.wait, self.printer).await?;
        Ok(Sent::Included(outcome.succeeded()?))
    }

    /// The number of `payer`'s next transaction: the one that is estimated is the one that is sent.
    async fn nonce_of(&self, payer: Felt) -> Result<Felt, Failure> {
        match self.chain.node.get_nonce(NEXT_BLOCK, payer).await {
            Ok(nonce) => Ok(nonce),
            // It is yet to deploy itself.
            Err(ProviderError::StarknetError(StarknetError::ContractNotFound)) => Ok(Felt::ZERO),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// Waits for the transaction `hash`, which an earlier run sent. None if the node does not know
    /// it, or it failed: then it is to be done again.
    pub async fn resume(&self, hash: Option<Felt>) -> Result<Option<Outcome>, Failure> {
        let Some(hash) = hash else { return Ok(None) };
        match self.chain.node.get_transaction_status(hash).await {
            Ok(_) => {
                self.printer.note(format!("sent before: {hash:#066x}"));
                let limits = self.settings.wait;
                let outcome = progress::wait(&self.chain.node, hash, limits, self.printer).await?;
                Ok(outcome.succeeded().ok())
            }
            Err(ProviderError::StarknetError(StarknetError::TransactionHashNotFound)) => Ok(None),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    async fn can_pay(&self, payer: Felt, quote: &Quote) -> Result<(), Failure> {
        let balance = token::balance(&self.chain.node, token::STRK, payer).await?;
        if balance >= quote.most {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Chain,
            format!(
                "{payer:#066x} has {}, and this may cost {}: nothing was sent",
                strk(balance),
                strk(quote.most)
            ),
        )
        .remedy(format!(
            "send at least {} to {payer:#066x} on {} and run this again",
            strk(quote.most - balance),
            self.chain.network
        )))
    }
}

impl Sent {
    /// Adds to `answer` what it cost, or would.
    pub fn tell(&self, answer: Answer) -> Answer {
        match self {
            Self::Estimated(quote) => answer
                .with("dry_run", true)
                .with("estimated_fee", fee(quote.estimate.into()))
                .with("most_fee", fee(quote.most.into())),
            Self::Included(outcome) => answer
                .with("transaction", hex(outcome.transaction_hash))
                .with("l2_gas", outcome.l2_gas)
                .with("fee", fee(outcome.fee)),
        }
    }

    /// Prints `answer` with what it cost, or would.
    pub fn print(&self, printer: Printer, answer: Answer) -> Result<(), Failure> {
        self.then(printer.print(self.tell(answer)))
    }

    /// What was done after it: if that failed, the failure names the transaction all the same.
    pub fn then<T>(&self, done: Result<T, impl Into<Failure>>) -> Result<T, Failure> {
        done.map_err(|failure| match self {
            Self::Estimated(_) => failure.into(),
            Self::Included(outcome) => failure.into().of(outcome.transaction_hash),
        })
    }

    /// `done`, or what a dry run would have done.
    pub fn said(&self, done: &str) -> String {
        match self {
            Self::Estimated(_) => format!("would be {done}: nothing was sent"),
            Self::Included(_) => done.to_owned(),
        }
    }
}

/// A fee as answers show it.
fn fee(fri: Felt) -> Value {
    u128::try_from(fri).map_or_else(|_| json!(fri.to_string()), |fri| json!(strk(fri)))
}
