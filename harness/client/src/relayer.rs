//! Somebody who pays for what others sign.

use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;

use crate::error::Result;
use crate::outcome::Outcome;
use crate::outside_execution::SignedOutsideExecution;
use crate::owner::Owner;

/// Somebody who submits other accounts' outside executions and pays for them.
///
/// ```no_run
/// # async fn example(session: session_client::Session, payer: session_client::Owner)
/// #     -> session_client::Result<()> {
/// use session_client::{Relayer, token};
///
/// let relayer = Relayer::new(payer);
/// let payment = token::transfer(token::STRK, 0x1234.into(), 7);
/// let signed = session.sign_outside([payment], Some(relayer.address())).await?;
/// relayer.submit(&[signed]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Relayer(Owner);

impl Relayer {
    /// Pays from `account`, whose owner it is.
    #[must_use]
    pub const fn new(account: Owner) -> Self {
        Self(account)
    }

    /// Returns the address of the account that pays: the caller that an outside execution sees.
    #[must_use]
    pub fn address(&self) -> Felt {
        self.0.address()
    }

    /// Submits `signed`, all of them in one transaction and in this order, and waits until it is in a
    /// block. All are executed, or none.
    ///
    /// # Errors
    /// As for [`Owner::send`]: [`Error::Reverted`](crate::Error::Reverted) if one of them fails in the
    /// block.
    pub async fn submit(&self, signed: &[SignedOutsideExecution]) -> Result<Outcome> {
        let calls: Vec<_> = signed.iter().map(SignedOutsideExecution::call).collect();
        self.0.send(calls).await
    }
}
