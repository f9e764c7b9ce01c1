//! An account whose signatures and calldata a test chooses.

mod deployment;

use async_trait::async_trait;
use starknet_rust::accounts::{
    Account, ConnectedAccount, ExecutionEncoder, RawDeclarationV3, RawExecutionV3,
};
use starknet_rust::core::types::{BlockId, BlockTag, Call, Felt};
use starknet_rust::signers::SignerInteractivityContext;

use session_client::calldata::of_calls;
use session_client::{Node, Rpc};

use crate::chain::Chain;

pub use deployment::ForgedDeployment;

/// A function that makes a signature from a transaction's hash.
type Signature = Box<dyn Fn(Felt) -> Vec<Felt> + Send + Sync>;
/// A function that makes a transaction's calldata from its calls.
type Calldata = Box<dyn Fn(&[Call]) -> Vec<Felt> + Send + Sync>;

/// The session account, with signatures and calldata that a test chooses.
pub struct Forged {
    node: Node,
    address: Felt,
    chain_id: Felt,
    sign: Signature,
    encode: Calldata,
}

impl Forged {
    /// Signs with the felts that `sign` makes from the transaction's hash.
    pub fn new(chain: &Chain, sign: impl Fn(Felt) -> Vec<Felt> + Send + Sync + 'static) -> Self {
        Self {
            node: chain.node.clone(),
            address: chain.account(),
            chain_id: chain.chain_id,
            sign: Box::new(sign),
            encode: Box::new(of_calls),
        }
    }

    /// Sends `calldata` in place of encoded calls.
    pub fn with_calldata(mut self, calldata: Vec<Felt>) -> Self {
        self.encode = Box::new(move |_| calldata.clone());
        self
    }
}

#[async_trait]
impl Account for Forged {
    type SignError = std::convert::Infallible;

    fn address(&self) -> Felt {
        self.address
    }

    fn chain_id(&self) -> Felt {
        self.chain_id
    }

    async fn sign_execution_v3(
        &self,
        execution: &RawExecutionV3,
        query_only: bool,
    ) -> Result<Vec<Felt>, Self::SignError> {
        let hash = execution.transaction_hash(self.chain_id, self.address, query_only, self);
        Ok((self.sign)(hash))
    }

    async fn sign_declaration_v3(
        &self,
        declaration: &RawDeclarationV3,
        query_only: bool,
    ) -> Result<Vec<Felt>, Self::SignError> {
        Ok((self.sign)(declaration.transaction_hash(self.chain_id, self.address, query_only)))
    }

    fn is_signer_interactive(&self, _: SignerInteractivityContext<'_>) -> bool {
        false
    }
}

impl ExecutionEncoder for Forged {
    fn encode_calls(&self, calls: &[Call]) -> Vec<Felt> {
        (self.encode)(calls)
    }
}

#[async_trait]
impl ConnectedAccount for Forged {
    type Provider = Rpc;

    fn provider(&self) -> &Rpc {
        self.node.provider()
    }

    fn block_id(&self) -> BlockId {
        BlockId::Tag(BlockTag::PreConfirmed)
    }
}
