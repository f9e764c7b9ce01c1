//! The chain, its clock, and who pays on it.

use std::sync::Arc;

use session_harness::devnet::Devnet;
use session_harness::{
    Error, Outcome, OwnerAccount, Relayer, Result, SignedOutsideExecution, owner_account, send,
    token,
};
use starknet_rust_accounts::Account;
use starknet_rust_core::types::{
    BlockId, BlockTag, Call, Felt, MaybePreConfirmedBlockWithTxHashes,
    PreConfirmedBlockWithTxHashes,
};
use starknet_rust_core::utils::parse_cairo_short_string;
use starknet_rust_providers::jsonrpc::HttpTransport;
use starknet_rust_providers::{JsonRpcClient, Provider};
use starknet_rust_signers::SigningKey;

use super::bounds::Bounds;
use super::host::{Host, Running};
use super::verdict::{Mismatch, equal};

/// The node's client, as every account holds it.
pub type Node = Arc<JsonRpcClient<HttpTransport>>;

/// Seconds.
pub const HOUR: u64 = 3_600;

/// What an account is given, in FRI: 10 STRK.
const BALANCE: u64 = 10_000_000_000_000_000_000;
const DEVNET: &str = "a devnet with a funded account";
const NEXT_BLOCK: BlockId = BlockId::Tag(BlockTag::PreConfirmed);

/// A devnet, with a relayer that pays, and somebody who is paid.
pub struct Stage {
    host: Running,
    devnet: Devnet,
    node: Node,
    chain_id: Felt,
    bounds: Bounds,
    relayer: Relayer<OwnerAccount<Node>>,
    recipient: Felt,
}

impl Stage {
    /// Sets it up at `host`, whose first predeployed account becomes the relayer.
    pub async fn open(host: Host) -> std::result::Result<Self, Mismatch> {
        let host = host.open().await?;
        // First of all, since a node that is no devnet must be sent nothing.
        let devnet = Devnet::new(host.url().clone());
        let accounts =
            devnet.predeployed_accounts().await.map_err(|it| Mismatch::new(DEVNET, it))?;
        let Some(funded) = accounts.into_iter().next() else {
            return Err(Mismatch::new(DEVNET, "a devnet without accounts"));
        };

        let node = Arc::new(JsonRpcClient::new(HttpTransport::new(host.url().clone())));
        let chain_id = node.chain_id().await?;
        let block = next_block(&node).await?;
        let key = SigningKey::from_secret_scalar(funded.private_key);
        let relayer = Relayer::new(owner_account(node.clone(), funded.address, chain_id, key));
        Ok(Self {
            host,
            devnet,
            node,
            chain_id,
            bounds: Bounds::new(
                &block.l1_gas_price,
                &block.l2_gas_price,
                &block.l1_data_gas_price,
            )?,
            relayer,
            recipient: SigningKey::from_random().verifying_key().scalar(),
        })
    }

    /// Which chain it is, and where.
    pub fn name(&self) -> String {
        let chain =
            parse_cairo_short_string(&self.chain_id).unwrap_or_else(|_| self.chain_id.to_string());
        format!("{chain} at {}", self.host.authority())
    }

    pub const fn node(&self) -> &Node {
        &self.node
    }

    pub const fn chain_id(&self) -> Felt {
        self.chain_id
    }

    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Who pays for what others sign.
    pub const fn payer(&self) -> &OwnerAccount<Node> {
        self.relayer.account()
    }

    /// Has the relayer submit `signed`, its fee estimated.
    pub async fn relay(&self, signed: &SignedOutsideExecution) -> Result<Outcome> {
        self.relayer.submit(signed).await
    }

    /// Has the relayer submit all of `signed` in one transaction, its fee estimated.
    pub async fn relay_at_once(&self, signed: &[SignedOutsideExecution]) -> Result<Outcome> {
        let calls = signed.iter().map(SignedOutsideExecution::call).collect();
        send(self.payer().execute_v3(calls), self.payer()).await
    }

    /// Has the relayer submit `signed`, which should fail.
    pub async fn try_relay(&self, signed: &SignedOutsideExecution) -> Result<Outcome> {
        self.bounds.send(self.payer(), vec![signed.call()]).await
    }

    /// Gives `address` what it needs for its fees.
    pub async fn fund(&self, address: Felt) -> Result<()> {
        self.devnet.mint(address, BALANCE).await
    }

    /// A payment of 1 FRI, to somebody of whom nobody else knows.
    pub fn payment(&self) -> Call {
        self.payment_of(1)
    }

    /// A payment of `amount` FRI to the same.
    pub fn payment_of(&self, amount: u128) -> Call {
        token::transfer(token::STRK, self.recipient, amount)
    }

    /// Who is paid.
    pub const fn recipient(&self) -> Felt {
        self.recipient
    }

    /// What has been paid so far, in FRI.
    pub async fn paid(&self) -> Result<u128> {
        token::balance(&self.node, token::STRK, self.recipient).await
    }

    /// The class of the contract at `address`.
    pub async fn class_of(&self, address: Felt) -> Result<Felt> {
        Ok(self.node.get_class_hash_at(NEXT_BLOCK, address).await?)
    }

    /// The time that the next transaction will see, in Unix seconds.
    pub async fn now(&self) -> Result<u64> {
        Ok(next_block(&self.node).await?.timestamp)
    }

    /// Makes `time`, in Unix seconds, the time that the next transaction will see.
    pub async fn set_time(&self, time: u64) -> std::result::Result<(), Mismatch> {
        self.devnet.set_time(time).await?;
        equal("the next block's time", &time, &self.now().await?)
    }
}

/// The block that the next transaction will run in.
async fn next_block(node: &Node) -> Result<PreConfirmedBlockWithTxHashes> {
    match node.get_block_with_tx_hashes(NEXT_BLOCK).await? {
        MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(block) => Ok(block),
        MaybePreConfirmedBlockWithTxHashes::Block(_) => {
            Err(Error::Answer("the node shows no block to come".to_owned()))
        }
    }
}
