//! A client of SNIP-29 paymasters, which submit what the account signs and pay for it: as sponsors, or in
//! exchange for a token.
//!
//! A paymaster builds the outside execution that is to be signed, so it could ask for a signature on
//! anything. Nothing can be signed here before it is checked: [`Paymaster::build`] returns a [`Quote`], and
//! only [`Quote::check`] leads to a signature. It refuses every difference from the request
//! ([`Difference`]). An outside execution that passes has exactly the requested calls, in their order, and
//! after them at most one transfer of the requested token, within the maximum.
//!
//! The client reads both the SNIP's JSON and AVNU's, where they differ. Outside executions of version 1 are
//! refused, as in [`typed_data`](crate::typed_data).
//!
//! ```no_run
//! use session_client::Session;
//! use session_client::paymaster::{FeeMode, Paymaster, PaymasterError, Request};
//! use session_client::token::{STRK, transfer};
//! use starknet_rust::core::types::Felt;
//!
//! # async fn pay(session: Session, account: Felt) -> Result<(), Box<dyn std::error::Error>> {
//! let paymaster = Paymaster::new("https://paymaster.example".parse()?)?
//!     .with_api_key(std::env::var("PAYMASTER_KEY")?.into())?;
//! let request = Request::new(account, vec![transfer(STRK, Felt::TWO, 7)], FeeMode::Sponsored);
//! match session.send_through(&paymaster, &request).await {
//!     Ok(submitted) => println!("sent as {:#x}", submitted.transaction_hash),
//!     Err(PaymasterError::NotWhatWasAsked(difference)) => println!("not signed: {difference}"),
//!     // It may have been sent. Ask for its nonce, and build nothing new before the answer is known.
//!     Err(PaymasterError::Unconfirmed { claim, .. }) => {
//!         println!("it is {:?}", claim.settle(session.node()).await?);
//!     }
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A request lets one contract submit the outside execution: the forwarder that the paymaster names. A
//! paymaster without a forwarder, such as this project's sandbox, lets anybody submit it: agree to that
//! with `request.caller(AllowedCaller::Anyone)` ([`Request::caller`]).
//!
//! An owner signs with [`Paymaster::send`]. If a wallet signs, take the steps one by one:
//! [`Paymaster::build`], [`Quote::check`], [`Checked::typed_data`] for the wallet,
//! [`Checked::with_signature`], [`Paymaster::execute`].

mod answer;
mod check;
mod claim;
mod client;
mod error;
mod request;
mod session;
#[cfg(test)]
mod tests;
mod transport;

pub use answer::{Fees, Submitted, Token, Tracked, TrackedStatus};
pub use check::{Checked, Difference, Executable, FeeAmount, Quote};
pub use claim::{Claim, Settlement};
pub use client::Paymaster;
pub use error::{PaymasterError, PaymasterRefusal, Reason};
pub use request::{AllowedCaller, Deployment, FeeMode, Request, TimeBounds, Tip};
