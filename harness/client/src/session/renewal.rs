//! Another session in the place of one that is about to end.

use std::sync::Arc;

use starknet_rust::core::types::Call;

use super::Session;
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::key::SessionKey;
use crate::outcome::Outcome;

impl Session {
    /// Puts a session of the fresh `key` with `grant` in the place of this one: in one batch of the
    /// owner's the new one is registered and this one ended, or neither. Returns the new one.
    ///
    /// `approve` has the owner send the batch and waits for its block: with the owner's key at hand it is
    /// `|calls| owner.send(calls)`, else it asks the wallet. What this session has sent and is in no block
    /// by then is refused: wait for it first.
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
    /// As for [`Grant::check`], whatever `approve` returns, and [`Error::Answer`] if the account does not
    /// have the new session after it: this one is then still to be used.
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
        let renewed = Self::find(self.node.clone(), contract.address(), key).await?;
        if renewed.valid_until != grant.valid_until() {
            return Err(Error::Answer("the account has another session of the new key".to_owned()));
        }
        Ok(renewed.on_terms(self.terms))
    }
}
