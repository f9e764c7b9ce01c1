//! Relayers, which submit outside executions and pay for them.

use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;

use crate::error::Result;
use crate::outcome::Outcome;
use crate::outside_execution::SignedOutsideExecution;
use crate::owner::Owner;

/// An account that submits the outside executions of other accounts and pays for them.
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
    /// Builds the relayer that pays from `account`.
    #[must_use]
    pub const fn new(account: Owner) -> Self {
        Self(account)
    }

    /// Returns the address of the account that pays: the caller that the other account sees.
    #[must_use]
    pub fn address(&self) -> Felt {
        self.0.address()
    }

    /// Submits all of `signed` in one transaction, in this order, and waits until it is in a block. Either
    /// all are executed or none.
    ///
    /// # Errors
    /// As for [`Owner::send`]: [`Error::Reverted`](crate::Error::Reverted) if one of them fails in the
    /// block.
    pub async fn submit(&self, signed: &[SignedOutsideExecution]) -> Result<Outcome> {
        let calls: Vec<_> = signed.iter().map(SignedOutsideExecution::call).collect();
        self.0.send(calls).await
    }
}
