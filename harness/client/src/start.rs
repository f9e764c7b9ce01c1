//! Registers a session and makes its first calls in one transaction.

use std::sync::Arc;

use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};

use crate::error::Result;
use crate::grant::Grant;
use crate::key::SessionKey;
use crate::outside_execution::{OutsideExecution, SignedOutsideExecution, WINDOW};
use crate::owner::Owner;
use crate::preflight::{Known, Outside};
use crate::relayer::Relayer;
use crate::session::Session;

impl Owner {
    /// Registers `key` with `grant` and makes the session's `first` calls, in one transaction that this
    /// account pays for. Either all of it happens or nothing.
    ///
    /// # Errors
    /// As for [`Grant::check`] and [`send`](Self::send), and [`Error::Refused`](crate::Error::Refused) if
    /// the grant does not allow the session's first calls.
    pub async fn start(
        &self,
        key: impl Into<Arc<SessionKey>> + Send,
        grant: &Grant,
        first: impl Into<Vec<Call>> + Send,
    ) -> Result<Session> {
        let (session, mut calls, first) =
            self.prepare(key.into(), grant, first.into(), self.address()).await?;
        calls.push(first.call());
        self.send(calls).await?;
        Ok(session)
    }

    /// Does what [`start`](Self::start) does, in one transaction that `relayer` submits and pays for.
    ///
    /// # Errors
    /// As for [`start`](Self::start) and [`Relayer::submit`].
    pub async fn start_through(
        &self,
        relayer: &Relayer,
        key: impl Into<Arc<SessionKey>> + Send,
        grant: &Grant,
        first: impl Into<Vec<Call>> + Send,
    ) -> Result<Session> {
        let only_by = relayer.address();
        let (session, calls, first) =
            self.prepare(key.into(), grant, first.into(), only_by).await?;
        let registration = self.sign_outside(calls, Some(only_by)).await?;
        relayer.submit(&[registration, first]).await?;
        Ok(session)
    }

    /// Builds the calls of the registration, and signs the session's first calls as an outside execution
    /// that only `submitter` can submit.
    async fn prepare(
        &self,
        key: Arc<SessionKey>,
        grant: &Grant,
        first: Vec<Call>,
        submitter: Felt,
    ) -> Result<(Session, Vec<Call>, SignedOutsideExecution)> {
        let now = self.node().now().await?;
        let (address, public_key) = (self.address(), key.public_key());
        grant.check(address, public_key, now)?;
        let calls = grant.registration(&self.contract(), public_key)?;
        let session = Session::new(self.node().clone(), address, key, grant.valid_until());
        let first = OutsideExecution::new(first, now.saturating_add(WINDOW)).only_by(submitter);
        let state = grant.state(public_key);
        let outside = Outside::new(&first, grant.valid_until()).submitted_by(submitter);
        Known::new(address, Some(&state), now).outside(&outside)?;
        let first = session.sign(first)?;
        Ok((session, calls, first))
    }
}
