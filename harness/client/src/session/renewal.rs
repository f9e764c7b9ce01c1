//! Replaces a session that is about to end by a new one.

use std::sync::Arc;
use std::time::Duration;

use starknet_rust::core::types::Call;
use tokio::time::{Instant, sleep};

use super::Session;
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::key::SessionKey;
use crate::outcome::Outcome;
use crate::transport::pauses;

/// How long the new session is looked for, since a node may not have seen the block of its registration
/// yet.
const BEHIND: Duration = Duration::from_secs(30);

impl Session {
    /// Replaces this session by a session of the fresh `key` with `grant`, and returns the new one. One
    /// batch of the owner registers the new session and revokes this one; either both happen or neither.
    ///
    /// `approve` must have the owner send the batch and wait for its block: with the owner's key at hand it
    /// is `|calls| owner.send(calls)`, else it asks the wallet. Wait for this session's own transactions
    /// first: those that are in no block by then are refused.
    ///
    /// Keep the key until you know whether the batch is in a block; pass it as an [`Arc`] to do so. If
    /// `approve` fails with a transaction that [may have been sent](Error::transaction), this session may
    /// have ended, and only [`Session::find`] with the key returns the new one.
    ///
    /// ```no_run
    /// # async fn example(session: session_client::Session, owner: session_client::Owner)
    /// #     -> session_client::Result<()> {
    /// use session_client::SessionKey;
    ///
    /// let state = session.state().await?.expect("the session is there");
    /// if let Some(grant) = state.grant() {
    ///     let grant = grant.until(owner.node().now().await? + 3_600);
    ///     let session = session
    ///         .renew(SessionKey::generate(), &grant, async |calls| owner.send(calls).await)
    ///         .await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Grant::check`], and whatever `approve` returns. [`Error::Answer`] if the account has
    /// another session of the new key than `grant` says. [`Error::Refused`] with
    /// [`Rule::NotFound`](crate::Rule::NotFound) if the node does not show the new session within 30 s.
    pub async fn renew(
        &self,
        key: impl Into<Arc<SessionKey>>,
        grant: &Grant,
        approve: impl AsyncFnOnce(Vec<Call>) -> Result<Outcome>,
    ) -> Result<Self> {
        let key = key.into();
        let contract = self.contract();
        grant.check(contract.address(), key.public_key(), self.node.now().await?)?;
        let mut calls = grant.registration(&contract, key.public_key())?;
        calls.push(contract.revoke_session(self.public_key()));
        approve(calls).await?.succeeded()?;
        let (start, mut pauses) = (Instant::now(), pauses());
        let renewed = loop {
            match Self::find(self.node.clone(), contract.address(), key.clone()).await {
                Err(_) if start.elapsed() < BEHIND => {
                    sleep(pauses.next().unwrap_or(BEHIND)).await;
                }
                found => break found?,
            }
        };
        if renewed.valid_until != grant.valid_until() {
            return Err(Error::Answer("the account has another session of the new key".to_owned()));
        }
        Ok(renewed.on_terms(self.terms))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;
    use starknet_rust::core::types::Felt;

    use super::*;
    use crate::felt::selector;
    use crate::fri::Fri;
    use crate::node::Node;
    use crate::server::{Asked, Reply, Server};
    use crate::status::Finality;

    #[tokio::test]
    async fn a_node_that_is_behind_a_renewal_does_not_lose_its_session() {
        let looks = AtomicUsize::new(0);
        let server = Server::new(move |asked: &Asked| {
            let view = format!("{:#x}", selector("get_session_status"));
            Reply::Result(match asked.method.as_str() {
                "starknet_chainId" => json!("0x1"),
                _ if asked.params.to_string().contains(&view) => {
                    match looks.fetch_add(1, Ordering::SeqCst) {
                        0 => json!(["0x0", "0x0", "0x0", "0x0"]),
                        _ => json!(["0x1", "0x64", "0x9", "0x0"]),
                    }
                }
                _ => json!({
                    "block_number": 8, "timestamp": 9, "sequencer_address": "0x1",
                    "l1_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
                    "l2_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
                    "l1_data_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
                    "l1_da_mode": "BLOB", "starknet_version": "0.14.3", "transactions": [],
                }),
            })
        })
        .await;
        let node = Node::connect(server.url.parse().unwrap()).await.unwrap();
        let old = Session::new(node, Felt::from(0xacc), SessionKey::generate(), 50);
        let grant = Grant::any_call().until(100).max_calls(9);
        let approve = async |_| {
            Ok(Outcome {
                transaction_hash: Felt::ONE,
                finality: Finality::AcceptedOnL2,
                block_number: 7,
                l2_gas: 1,
                l1_data_gas: 1,
                fee: Fri(1),
                reverted: None,
            })
        };
        let new = old.renew(SessionKey::generate(), &grant, approve).await.unwrap();
        assert_eq!(new.valid_until(), 100);
    }
}
