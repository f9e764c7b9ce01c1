//! An account that is yet to be deployed, whose signatures a test chooses.

use async_trait::async_trait;
use starknet_rust::accounts::{
    AccountFactory, PreparedAccountDeploymentV3, RawAccountDeploymentV3,
};
use starknet_rust::core::types::{BlockId, BlockTag, Felt};

use session_client::{Node, Rpc};

use super::Signature;
use crate::chain::Chain;

/// The account of an owner, before its deployment, with signatures that a test chooses.
pub struct ForgedDeployment {
    node: Node,
    class_hash: Felt,
    owner: Felt,
    sign: Signature,
}

impl ForgedDeployment {
    /// Describes the account that `owner` will own. Signs with the felts that `sign` makes from the
    /// transaction's hash.
    pub async fn new(
        chain: &Chain,
        owner: Felt,
        sign: impl Fn(Felt) -> Vec<Felt> + Send + Sync + 'static,
    ) -> Self {
        let class_hash = chain.class_hash().await;
        Self { node: chain.node.clone(), class_hash, owner, sign: Box::new(sign) }
    }
}

#[async_trait]
impl AccountFactory for ForgedDeployment {
    type Provider = Rpc;
    type SignError = std::convert::Infallible;

    fn class_hash(&self) -> Felt {
        self.class_hash
    }

    fn calldata(&self) -> Vec<Felt> {
        vec![self.owner]
    }

    fn chain_id(&self) -> Felt {
        self.node.chain_id()
    }

    fn provider(&self) -> &Rpc {
        self.node.provider()
    }

    fn is_signer_interactive(&self) -> bool {
        false
    }

    fn block_id(&self) -> BlockId {
        BlockId::Tag(BlockTag::PreConfirmed)
    }

    async fn sign_deployment_v3(
        &self,
        deployment: &RawAccountDeploymentV3,
        query_only: bool,
    ) -> Result<Vec<Felt>, Self::SignError> {
        let prepared = PreparedAccountDeploymentV3::from_raw(deployment.clone(), self);
        Ok((self.sign)(prepared.transaction_hash(query_only)))
    }
}
