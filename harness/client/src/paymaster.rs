//! A client of SNIP-29 paymasters, which submit what the account signs and pay for it: as sponsors, or
//! for a token.
//!
//! A paymaster builds the outside execution that is to be signed, so it could ask for a signature on
//! anything. Nothing here can be signed before it is checked: [`Paymaster::build`] returns a [`Quote`],
//! whose only way to a signature is [`Quote::check`], and that refuses every difference from what was
//! asked for ([`Difference`]). What it lets through has exactly the calls that were asked for, in their
//! order, and after them at most one transfer of the asked token, within the maximum.
//!
//! Both the SNIP's JSON and AVNU's are understood, where they differ. Outside executions of version 1 are
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
//!     // It may have been sent: the nonce says so, and nothing is built anew before it does.
//!     Err(PaymasterError::Unconfirmed { claim, .. }) => {
//!         println!("it is {:?}", claim.settle(session.node()).await?);
//!     }
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A request lets one contract that the paymaster names submit what is signed: its forwarder. A paymaster
//! without one, such as this project's sandbox, has it signed for anybody: then say so by
//! [`Request::caller`] and [`AllowedCaller::Anyone`].
//!
//! An owner signs by [`Paymaster::send`]. To sign elsewhere, take the steps one by one: [`Paymaster::build`], [`Quote::check`],
//! [`Checked::typed_data`] for the wallet, [`Checked::with_signature`], [`Paymaster::execute`].

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
