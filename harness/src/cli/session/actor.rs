//! A session that acts: in a transaction of its own, or through a payer.

use std::sync::Arc;

use session_harness::{OutsideExecution, SessionAccount, SessionContract};
use starknet_rust_accounts::Account;
use starknet_rust_core::types::{Call, Felt};

use crate::cli::chain::Node;
use crate::cli::exit::{Failure, Kind};
use crate::cli::options::{PayerOptions, SessionPasswordOptions};
use crate::cli::owner::{WINDOW, open_payer};
use crate::cli::store::Store;
use crate::cli::transaction::{Desk, Sent};
use crate::cli::value::Strk;

/// A session that makes calls.
pub struct Actor<'a> {
    pub desk: &'a Desk,
    pub contract: &'a SessionContract<Node>,
    pub store: &'a Store,
    pub session_key: Felt,
    /// As registered, in Unix seconds.
    pub valid_until: u64,
    /// What to do if it may pay no fees and nobody else does.
    pub without_fees: &'static str,
}

impl Actor<'_> {
    /// Has the session make `calls`, which `deed` names: in a transaction of its own, or through the
    /// payer that is named.
    pub async fn act(
        &self,
        deed: &str,
        calls: Vec<Call>,
        password: &SessionPasswordOptions,
        payer: &PayerOptions,
    ) -> Result<Sent, Failure> {
        let chain = &self.desk.chain;
        let (address, valid_until) = (self.contract.address(), self.valid_until);
        let payer = open_payer(chain, payer).await?;
        let limit = match &payer {
            None => self.own_fee_limit().await?,
            Some(_) => None,
        };
        let key = self.store.open(self.session_key, password)?;
        match payer {
            None => {
                let node = chain.node.clone();
                let session =
                    SessionAccount::new(node, address, chain.chain_id, Arc::new(key), valid_until);
                let transaction = session.execute_v3(calls);
                self.desk.send_within(address, deed, transaction, limit, |_| Ok(())).await
            }
            Some(payer) => {
                let before = chain.now().await?.saturating_add(WINDOW);
                let signed = OutsideExecution::new(calls, before)
                    .only_by(payer.address())
                    .sign_as_session(address, chain.chain_id, &key, valid_until)?;
                self.desk.send(payer.address(), deed, payer.execute_v3(vec![signed.call()])).await
            }
        }
    }

    /// What the session's own transaction may cost.
    async fn own_fee_limit(&self) -> Result<Option<Strk>, Failure> {
        let limit = self.contract.session_fee_limit(self.session_key).await?;
        if limit == Some(0) {
            return Err(Failure::new(
                Kind::Account,
                "the session's fee limit is 0, so it works through relayers only: nothing was sent",
            )
            .remedy(self.without_fees));
        }
        Ok(limit.map(Strk))
    }
}
