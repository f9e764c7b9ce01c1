//! The devnet that the demo runs on, the relayer that pays there, and the recipient of all payments.

use session_client::{Node, Outcome, Owner, Relayer, Result, SignedOutsideExecution, token};
use session_devnet::{Bounds, Stage};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::parse_cairo_short_string;
use starknet_rust::signers::SigningKey;

use super::host::Host;
use super::verdict::{Mismatch, equal};

/// Seconds.
pub const HOUR: u64 = 3_600;

/// The balance that each account gets, in FRI: 10 STRK.
const BALANCE: u64 = 10_000_000_000_000_000_000;
const DEVNET: &str = "a devnet with a funded account";

/// A devnet, a relayer that submits and pays, and a recipient that is paid.
pub struct Scene {
    stage: Stage,
    relayer: Relayer,
    recipient: Felt,
}

impl Scene {
    /// Opens the devnet at `host`. Its first account becomes the relayer.
    pub async fn open(host: Host) -> std::result::Result<Self, Mismatch> {
        let stage = host.open().await.map_err(|error| Mismatch::new(DEVNET, error))?;
        let relayer = Relayer::new(stage.payer().clone());
        let recipient = SigningKey::from_random().verifying_key().scalar();
        Ok(Self { stage, relayer, recipient })
    }

    /// Names the chain and its node.
    pub fn name(&self) -> String {
        let id = self.stage.chain_id();
        let chain = parse_cairo_short_string(&id).unwrap_or_else(|_| id.to_string());
        format!("{chain} at {}", self.stage.authority())
    }

    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    pub const fn node(&self) -> &Node {
        self.stage.node()
    }

    /// Returns resource bounds for transactions that should fail. With fixed bounds there is no estimate that
    /// could fail first, so that the account refuses the transaction on chain.
    pub const fn bounds(&self) -> &Bounds {
        self.stage.bounds()
    }

    /// Returns the relayer, which pays for what others sign.
    pub const fn payer(&self) -> &Owner {
        self.stage.payer()
    }

    /// Has the relayer submit `signed`. The fee is estimated.
    pub async fn relay(&self, signed: &SignedOutsideExecution) -> Result<Outcome> {
        self.relayer.submit(std::slice::from_ref(signed)).await
    }

    /// Has the relayer submit all of `signed` in one transaction. The fee is estimated.
    pub async fn relay_at_once(&self, signed: &[SignedOutsideExecution]) -> Result<Outcome> {
        self.relayer.submit(signed).await
    }

    /// Has the relayer submit `signed`, which should fail.
    pub async fn try_relay(&self, signed: &SignedOutsideExecution) -> Result<Outcome> {
        self.bounds().send(self.payer(), vec![signed.call()]).await
    }

    /// Sends STRK to `address`, from which it can pay its fees.
    pub async fn fund(&self, address: Felt) -> Result<()> {
        self.stage.mint(address, BALANCE).await
    }

    /// Makes a payment of 1 FRI to an address that nobody else pays.
    pub fn payment(&self) -> Call {
        self.payment_of(1)
    }

    /// Makes a payment of `amount` FRI to the same address.
    pub fn payment_of(&self, amount: u128) -> Call {
        token::transfer(token::STRK, self.recipient, amount)
    }

    /// Returns the address that is paid.
    pub const fn recipient(&self) -> Felt {
        self.recipient
    }

    /// Returns what has been paid so far, in FRI.
    pub async fn paid(&self) -> Result<u128> {
        token::balance(self.node(), token::STRK, self.recipient).await
    }

    /// Returns the class of the contract at `address`.
    pub async fn class_of(&self, address: Felt) -> Result<Felt> {
        Ok(self.node().class_of(address).await?.unwrap_or_default())
    }

    /// Returns the time that the next transaction will see, in Unix seconds.
    pub async fn now(&self) -> Result<u64> {
        self.stage.now().await
    }

    /// Makes `time`, in Unix seconds, the time that the next transaction will see.
    pub async fn set_time(&self, time: u64) -> std::result::Result<(), Mismatch> {
        self.stage.set_time(time).await?;
        equal("the next block's time", &time, &self.now().await?)
    }
}
