//! The paymaster as a client sees it.

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

/// A paymaster of SNIP-29, by its URL. Neither that nor the API key shows in `Debug`.
#[derive(Clone)]
pub struct Paymaster {
    transport: Transport,
}

impl Paymaster {
    /// Takes the paymaster at `url`. Its answers are read up to 4 MiB and for up to 60 seconds, and
    /// redirects are not followed.
    ///
    /// # Errors
    /// [`PaymasterError::Request`] if `url` is neither of http nor of https,
    /// [`PaymasterError::Transport`] if there is no TLS on this machine.
    pub fn new(url: Url) -> Result<Self, PaymasterError> {
        Transport::new(url).map(|transport| Self { transport })
    }

    /// Sends `api_key` with every request, in the header `x-paymaster-api-key`: who sponsors wants one.
    ///
    /// # Errors
    /// [`PaymasterError::ApiKey`] if it cannot stand in a header.
    pub fn with_api_key(mut self, api_key: Zeroizing<String>) -> Result<Self, PaymasterError> {
        self.transport.set_api_key(api_key)?;
        Ok(self)
    }

    /// Waits `timeout` at most for each answer.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.transport.set_timeout(timeout);
        self
    }

    /// Asks whether it is at work.
    ///
    /// # Errors
    /// [`PaymasterError::Transport`] and others if it cannot be asked.
    pub async fn is_available(&self) -> Result<bool, PaymasterError> {
        let answer = self.read("paymaster_isAvailable", json!([])).await?;
        answer.as_bool().ok_or(PaymasterError::Answer("it is available or not"))
    }

    /// Asks which tokens it takes for fees.
    ///
    /// # Errors
    /// As for [`is_available`](Self::is_available).
    pub async fn supported_tokens(&self) -> Result<Vec<Token>, PaymasterError> {
        Token::list(&self.read("paymaster_getSupportedTokens", json!([])).await?)
    }

    /// Has it build what `request` asks for. This changes nothing and may be repeated.
    ///
    /// # Errors
    /// [`PaymasterError::Request`] if it asks for what cannot be, [`PaymasterError::Refused`] if the
    /// paymaster does not want to, [`PaymasterError::NotWhatWasAsked`] if it builds something else.
    pub async fn build(&self, request: &Request) -> Result<Quote, PaymasterError> {
        request.validate()?;
        match self.build_with(request, TimesAs::Numbers).await {
            // AVNU's paymaster wants numbers, the SNIP text.
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

    /// Hands `executable` over, once. Nothing is sent again by itself; to send the same again is safe, as
    /// its nonce is spent but once.
    ///
    /// # Errors
    /// [`PaymasterError::Unconfirmed`] whatever the paymaster or the network says once it has left: a
    /// refusal too is only the paymaster's word. [`PaymasterError::Transport`] if it has not left.
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

    /// Builds, checks, has signed and executes what `request` asks for, on the chain of `node`, by its
    /// clock, and with a nonce that it knows to be unspent. `sign` sees that nonce, which it may note.
    ///
    /// # Errors
    /// As for [`build`](Self::build), [`Quote::check`], [`Checked::sign`](super::Checked::sign) and
    /// [`execute`](Self::execute); [`PaymasterError::Node`] if the node does not tell the time or the
    /// nonce.
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

    /// Asks for the latest transaction of what has `tracking_id`.
    ///
    /// # Errors
    /// [`PaymasterError::Refused`] with [`Reason::NoMethod`] by paymasters that do not track, such as
    /// AVNU's: wait for the hash that they gave.
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
