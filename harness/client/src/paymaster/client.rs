//! The client of a paymaster.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use starknet_rust::core::types::Felt;
use url::Url;
use zeroize::Zeroizing;

use super::answer::{Submitted, Token, Tracked};
use super::check::{Difference, Executable, Quote};
use super::error::{PaymasterError, Reason};
use super::request::{Request, TimesAs};
use super::transport::{Transport, Unanswered};
use crate::error;
use crate::node::Node;
use crate::outside_execution::{OutsideExecution, SignedOutsideExecution};

/// A SNIP-29 paymaster. `Debug` shows neither its URL nor the API key.
#[derive(Clone)]
pub struct Paymaster {
    transport: Transport,
}

impl Paymaster {
    /// Builds the client of the paymaster at `url`. It reads answers of up to 4 MiB, waits for an answer
    /// for up to 60 seconds, and follows no redirects.
    ///
    /// # Errors
    /// [`PaymasterError::Request`] if `url` is neither http nor https, [`PaymasterError::Transport`] if TLS
    /// is not available on this machine.
    pub fn new(url: Url) -> Result<Self, PaymasterError> {
        Transport::new(url).map(|transport| Self { transport })
    }

    /// Sends `api_key` with every request, in the header `x-paymaster-api-key`. Sponsors require one.
    ///
    /// # Errors
    /// [`PaymasterError::ApiKey`] if `api_key` contains characters that a header must not.
    pub fn with_api_key(mut self, api_key: Zeroizing<String>) -> Result<Self, PaymasterError> {
        self.transport.set_api_key(api_key)?;
        Ok(self)
    }

    /// Sets the longest time to wait for an answer.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.transport.set_timeout(timeout);
        self
    }

    /// Asks whether the paymaster is available.
    ///
    /// # Errors
    /// [`PaymasterError::Transport`] and others if the paymaster does not answer.
    pub async fn is_available(&self) -> Result<bool, PaymasterError> {
        let answer = self.read("paymaster_isAvailable", json!([])).await?;
        answer.as_bool().ok_or(PaymasterError::Answer(
            "it says neither that it is available nor that it is not",
        ))
    }

    /// Asks in which tokens the paymaster accepts its fee.
    ///
    /// # Errors
    /// As for [`is_available`](Self::is_available).
    pub async fn supported_tokens(&self) -> Result<Vec<Token>, PaymasterError> {
        Token::list(&self.read("paymaster_getSupportedTokens", json!([])).await?)
    }

    /// Asks the paymaster to build what `request` describes. This changes nothing and may be repeated.
    ///
    /// # Errors
    /// [`PaymasterError::Request`] if the request is invalid, [`PaymasterError::Refused`] if the paymaster
    /// refuses it, [`PaymasterError::NotWhatWasAsked`] if the paymaster answers with another kind of
    /// transaction.
    pub async fn build(&self, request: &Request) -> Result<Quote, PaymasterError> {
        request.validate()?;
        match self.build_with(request, TimesAs::Numbers).await {
            // AVNU's paymaster requires times as numbers, and the SNIP as text.
            Err(error) if request.time_bounds.is_some() && is_of_params(&error) => {
                self.build_with(request, TimesAs::Text).await
            }
            quote => quote,
        }
    }

    async fn build_with(&self, request: &Request, times: TimesAs) -> Result<Quote, PaymasterError> {
        let params = json!({
            "transaction": request.transaction(),
            "parameters": request.parameters(times),
        });
        let answer = self.read("paymaster_buildTransaction", params).await?;
        Quote::read(request, times, &answer)
    }

    /// Gives `executable` to the paymaster, once: it is not retried. Executing the same one again is safe,
    /// since its nonce can be spent only once.
    ///
    /// # Errors
    /// [`PaymasterError::Unconfirmed`] if the request was sent, whatever the paymaster or the network
    /// answered: a refusal too is only the paymaster's statement. [`PaymasterError::Transport`] if the
    /// request was not sent.
    pub async fn execute(&self, executable: &Executable) -> Result<Submitted, PaymasterError> {
        let method = "paymaster_executeTransaction";
        let answer = self.transport.call(method, executable.params()).await;
        let read = answer.and_then(|answer| {
            Submitted::read(&answer).map_err(|error| Unanswered { error, has_left: true })
        });
        read.map_err(|Unanswered { error, has_left }| match executable.claim() {
            Some(claim) if has_left => {
                PaymasterError::Unconfirmed { claim, cause: Box::new(error) }
            }
            _ => error,
        })
    }

    /// Builds, checks, signs and executes what `request` describes, on the chain of `node`. The time is
    /// `node`'s, and the nonce must be unspent there. `sign` sees the nonce, and can store it.
    ///
    /// # Errors
    /// As for [`build`](Self::build), [`Quote::check`], [`Checked::sign`](super::Checked::sign) and
    /// [`execute`](Self::execute); [`PaymasterError::Node`] if `node` does not answer.
    pub async fn send(
        &self,
        request: &Request,
        node: &Node,
        sign: impl FnOnce(OutsideExecution) -> error::Result<SignedOutsideExecution>,
    ) -> Result<Submitted, PaymasterError> {
        let quote = self.build(request).await?;
        let now = node.now().await.map_err(PaymasterError::Node)?;
        let checked = quote.check(node.chain_id(), now)?;
        if let Some(claim) = checked.claim()
            && claim.is_spent(node).await.map_err(PaymasterError::Node)?
        {
            let difference = Difference::NonceSpent { nonce: claim.nonce };
            return Err(PaymasterError::NotWhatWasAsked(difference));
        }
        self.execute(&checked.sign(sign)?).await
    }

    /// Asks for the latest transaction of the request with `tracking_id`.
    ///
    /// # Errors
    /// [`PaymasterError::Refused`] with [`Reason::NoMethod`] from a paymaster that does not track, such as
    /// AVNU's: wait for the hash that it returned.
    pub async fn tracked(&self, tracking_id: Felt) -> Result<Tracked, PaymasterError> {
        let params = json!({ "tracking_id": crate::json::hex(tracking_id) });
        Tracked::read(&self.read("paymaster_trackingIdToLatestHash", params).await?)
    }

    async fn read(&self, method: &str, params: Value) -> Result<Value, PaymasterError> {
        self.transport.call(method, params).await.map_err(|it| it.error)
    }
}

fn is_of_params(error: &PaymasterError) -> bool {
    error.refusal().is_some_and(|it| it.reason() == Reason::InvalidParams)
}

impl fmt::Debug for Paymaster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Paymaster").finish_non_exhaustive()
    }
}
