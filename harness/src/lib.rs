//! Session keys on Starknet: a typed client of the session account.
//!
//! Data goes straight through: a [`SessionKey`] signs for a [`SessionAccount`], which is one of
//! starknet-rust's accounts, so its `execute_v3` works as usual; or it signs an
//! [`OutsideExecution`], which a [`Relayer`] submits and pays for. The owner is an ordinary
//! [`OwnerAccount`] that sends the calls of a [`SessionContract`].

pub mod abi;
pub mod artifact;
mod calldata;
mod contract;
mod curve;
pub mod deploy;
pub mod devnet;
mod error;
mod key;
pub mod keystore;
mod limits;
pub mod name;
pub mod network;
mod outcome;
mod outside_execution;
mod owner;
mod refusal;
mod relayer;
mod rule;
#[cfg(feature = "devnet")]
pub mod sandbox;
mod session_account;
pub mod token;

pub use contract::{Allowed, SessionContract, SessionData, SessionStatus, Shown, SpendingPolicy};
pub use error::{Error, Result};
pub use key::SessionKey;
pub use limits::{
    AllowedArgument, AllowedCall, BLOCKED_FUNCTIONS, MOST_TOKENS, ScopedLimits, SessionLimits,
    SpendingLimits, is_blocked, is_self_ending,
};
pub use outcome::{Outcome, look, send, wait};
pub use outside_execution::{Caller, OutsideExecution, SignedOutsideExecution};
pub use owner::{OwnerAccount, OwnerSigner, owner_account};
pub use refusal::{Cause, Refusal};
pub use relayer::Relayer;
pub use rule::Rule;
pub use session_account::SessionAccount;
