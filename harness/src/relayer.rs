use starknet_rust_accounts::ConnectedAccount;

use crate::error::Result;
use crate::outcome::{Outcome, send};
use crate::outside_execution::SignedOutsideExecution;

/// Somebody who submits other accounts' outside executions and pays for them.
#[derive(Debug, Clone)]
pub struct Relayer<A> {
    account: A,
}

impl<A: ConnectedAccount + Sync> Relayer<A> {
    /// Pays from `account`.
    pub const fn new(account: A) -> Self {
        Self { account }
    }

    /// The account that pays: the caller that an outside execution sees.
    pub const fn account(&self) -> &A {
        &self.account
    }

    /// Submits `signed` and waits until it is in a block.
    ///
    /// # Errors
    /// As for [`send`].
    pub async fn submit(&self, signed: &SignedOutsideExecution) -> Result<Outcome> {
        send(self.account.execute_v3(vec![signed.call()]), &self.account).await
    }
}
