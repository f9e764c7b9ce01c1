use super::answer::Submitted;
use super::client::Paymaster;
use super::error::PaymasterError;
use super::request::{AllowedCaller, FeeMode, Request};
use crate::session::{Session, is_over};

impl Session {
    /// Signs what `request` describes with the session key, and has `paymaster` submit it. Calls that the
    /// account would refuse are not built: once signed, an outside execution may be submitted until its
    /// end, so no other could safely be built in its place.
    ///
    /// # Errors
    /// [`PaymasterError::Signing`] with [`Error::Refused`](crate::Error::Refused) and its rule if the
    /// account would refuse the calls, and as for [`Paymaster::send`].
    pub async fn send_through(
        &self,
        paymaster: &Paymaster,
        request: &Request,
    ) -> Result<Submitted, PaymasterError> {
        self.check_outside(&request.calls).await.map_err(PaymasterError::Signing)?;
        paymaster.send(request, self.node(), |execution| self.sign(execution)).await
    }
    /// Ends the session with its own key, in an outside execution that `paymaster` sponsors and that `caller`
    /// may submit. So does a session whose fee limit is 0. Returns `None` if the session had ended before: it
    /// was revoked, has expired or has no calls left.
    ///
    /// The session has ended once the transaction is in a block ([`Node::wait`](crate::Node::wait)). A
    /// paymaster that is paid in a token cannot do this, since a session's end must be alone in its batch.
    ///
    /// # Errors
    /// As for [`send_through`](Self::send_through). If it is unconfirmed, the session may still be active.
    pub async fn end_through(
        &self,
        paymaster: &Paymaster,
        caller: AllowedCaller,
    ) -> Result<Option<Submitted>, PaymasterError> {
        let (account, calls) = (self.contract().address(), vec![self.ending()]);
        let request = Request::new(account, calls, FeeMode::Sponsored).caller(caller);
        match self.send_through(paymaster, &request).await {
            Err(PaymasterError::Signing(error)) if is_over(&error) => Ok(None),
            sent => sent.map(Some),
        }
    }
}
