//! Session keys on Starknet: a typed client of the session account.
//!
//! Data goes straight through: a [`SessionKey`] signs for a [`SessionAccount`], which is one of
//! starknet-rust's accounts, so its `execute_v3` works as usual; or it signs an
//! [`OutsideExecution`], which a [`Relayer`] submits and pays for. The owner is an ordinary
//! [`OwnerAccount`] that sends the calls of a [`SessionContract`].

pub mod abi;
pub mod calldata;
pub mod class;
mod contract;
mod curve;
mod decimal;
pub mod deploy;
mod error;
mod fee;
pub mod felt;
mod files;
mod fri;
mod grant;
pub mod journal;
pub mod json;
mod key;
pub mod keystore;
mod limits;
pub mod network;
mod node;
mod outbox;
mod outcome;
mod outside_execution;
mod owner;
pub mod paymaster;
pub mod preflight;
mod refusal;
mod relayer;
mod rule;
#[cfg(test)]
mod server;
mod session;
mod start;
mod state;
mod submission;
pub mod token;
mod transaction;
pub mod typed_data;
pub mod units;
mod wait;

pub use contract::{
    Allowed, SessionContract, SessionData, SessionEvents, SessionStatus, Shown, SpendingPolicy,
};
pub use error::{Error, Result};
pub use fee::{Bounds, Quote, Terms, Tip};
pub use fri::{Fri, NotFri};
pub use grant::Grant;
pub use key::SessionKey;
pub use limits::{
    AllowedArgument, AllowedCall, BLOCKED_FUNCTIONS, MOST_TOKENS, ScopedLimits, SessionLimits,
    SpendingLimits, is_blocked, is_self_ending,
};
pub use node::{
    NEXT_BLOCK, Node, Patience, Rpc, Transport, TransportError, Trouble, authority, causes,
};
pub use outcome::{Finality, Outcome};
pub use outside_execution::{Caller, OutsideExecution, SignedOutsideExecution};
pub use owner::{Owner, OwnerSigner};
pub use refusal::{Cause, Refusal};
pub use relayer::Relayer;
pub use rule::Rule;
pub use session::{Change, Session, Watching};
pub use state::State;
pub use submission::{Draft, Signed, Submission};
pub use transaction::{Broadcast, Transaction};
pub use wait::{Progress, Status, Wait, wait};
