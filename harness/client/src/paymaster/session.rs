use super::answer::Submitted;
use super::client::Paymaster;
use super::error::PaymasterError;
use super::request::Request;
use crate::session::Session;

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
}
