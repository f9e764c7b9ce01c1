//! Support for the tests of the session account: a chain for each test, and functions that send to it and
//! check the results.
//!
//! The target `rules/` tests every rule of the account, `model/` compares the account with a model of it,
//! `client/` and `network/` test the client on a devnet and on the realistic network, and `documents/` compares
//! `docs/` with the tests. What only one subject needs is in that subject's file;
//! what several need is here, and a test begins with `use session_e2e::*;`.
#![allow(clippy::unwrap_used, reason = "a support that cannot do what a test asks fails that test")]

mod calls;
mod chain;
mod classes;
mod curve;
mod errors;
pub mod forged;
mod grants;
mod handover;
mod interfaces;
pub mod mocks;
mod paths;
mod policies;
pub mod proxy;
mod sending;
pub mod slots;
pub mod vectors;
mod verdicts;

pub use calls::{ask, call};
pub use chain::{Chain, END, Node, START};
pub use classes::{OPENZEPPELIN, class, undeclared_class};
pub use curve::{NO_POINT, ORDER};
pub use errors::{NO_BALANCE, NOT_LISTED, OVER_WINDOW, SELF_CALL};
pub use forged::{Forged, ForgedDeployment};
pub use grants::{BLOCKED, LAST_END, allowing, limits, listed, transfer_of};
pub use handover::{acceptance_hash, handover, set_public_key};
pub use interfaces::id_of;
pub use paths::{BOTH_PATHS, Path};
pub use policies::{Capped, HOUR, maxima};
pub use sending::{GAS_PRICE, L1_DATA_GAS, L2_GAS, Sent, bounded, send, send_large};
pub use session_client::token::{ETH, STRK};
pub use verdicts::{assert_refused, assert_reverts, assert_succeeds};

/// Compiles the Rust of the repository's front page.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
