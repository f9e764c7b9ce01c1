//! Session keys on Starknet: what an app needs to work with the session account.
//!
//! A *session key* is a temporary key that an app holds so that its user need not approve each action. The
//! account's owner registers it with limits, and can end it at any time. Data goes straight through:
//! [`SessionKey`] -> [`Session`] -> [`Node`].
//!
//! | word | is |
//! | --- | --- |
//! | [`Node`] | a node's JSON-RPC and its chain id; what only reads is tried again |
//! | [`Grant`] | what the owner gives: calls, end, number, fee limit, caps |
//! | [`Owner`] | registers, limits and ends sessions |
//! | [`Session`] | [sends](Session::send), [signs for relayers](Session::sign_outside), is [asked](Session::state), [watched](Session::watch), [renewed](Session::renew) and [ended](Session::end) |
//! | [`Rule`], [`Refusal`] | why the account or the chain refuses, as types to match |
//! | [`preflight`] | the account's rules in its own order, asked before anything is sent |
//! | [`Submission`], [`journal`] | a transaction whose hash is known and written down before it is sent |
//! | [`paymaster`] | SNIP-29: somebody else pays, and is checked before anything is signed |
//! | [`typed_data`] | SNIP-9 outside executions for wallets that sign elsewhere |
//! | [`Fri`] | amounts of the fee's unit; 10^18 FRI are one STRK |
//!
//! [`Session`] and [`Owner`] are starknet-rust's accounts too, so its `execute_v3` works as usual; the
//! version that this crate is built on is re-exported as [`starknet`].
//!
//! ```no_run
//! # async fn example(owner: session_client::Owner, to: session_client::starknet::core::types::Felt)
//! #     -> session_client::Result<()> {
//! use session_client::felt::selector;
//! use session_client::{AllowedCall, Error, Fri, Grant, Rule, SessionKey, token};
//!
//! // The owner lets a session transfer STRK to one recipient, 20 times within an hour.
//! let transfer = AllowedCall::new(token::STRK, selector("transfer")).with_argument(0, to);
//! let grant = Grant::for_calls([transfer])
//!     .until(owner.node().now().await? + 3_600)
//!     .max_calls(20)
//!     .fee_limit(Fri(200_000_000_000_000_000));
//! let session = owner.register(SessionKey::generate(), &grant).await?;
//!
//! // The app sends with the session's key alone.
//! match session.send([token::transfer(token::STRK, to, 7)]).await {
//!     Ok(outcome) => println!("in block {}", outcome.block_number),
//!     Err(error) if error.rule() == Some(Rule::Expired) => println!("over"),
//!     Err(error) => return Err(error),
//! }
//! session.end().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is sent once is paid once
//!
//! [`Session::submit`] gives a transaction its nonce, writes its hash into the node's [`journal`], and sends
//! it. If the answer is lost, the transaction is looked for by its hash, and only the same signed bytes are
//! ever sent again. Give the node a journal that outlives the process
//! ([`Node::with_journal`], [`journal::Files`]), and after a crash [`Node::unsettled`] says what may still
//! land. Whoever gets an error from [`Session::send`] asks [`Error::transaction`] before the same is sent
//! again: if it has a hash, the transaction may have been sent. A transaction is done when it is in a
//! block ([`Finality::AcceptedOnL2`]): a pre-confirmed one may still be dropped.
//!
//! After a start, and before anything is sent, ask what an earlier process left:
//!
//! ```no_run
//! # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
//! #     -> session_client::Result<()> {
//! use session_client::journal::Files;
//! use session_client::{Finality, Status};
//!
//! let node = node.with_journal(Files::in_folder("journal"));
//! for submission in node.unsettled(account)? {
//!     // One's own calls are told by `submission.entry().makes(&calls)`, or noted by hash beside the intent.
//!     if submission.status().await? == Status::Unknown {
//!         // The same bytes, which pay once; or `give_up`, if the payment is not wanted any more.
//!         submission.resend().await?;
//!     }
//!     let outcome = submission.wait(Finality::AcceptedOnL2).await?;
//!     println!("{:#x} is in block {}", submission.hash(), outcome.block_number);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! To note a hash beside an intent before the transaction is sent, take the steps one by one:
//! [`Node::draft`], [`Draft::sign`], [`Signed::hash`], [`Signed::submit`].
//!
//! # Many at once
//!
//! Tasks of one process that share a [`Node`] share the account's nonces. They may race for a session's last
//! call: the loser is refused. Two processes take each other's nonces; the loser's transaction is signed
//! again with the next one.
//!
//! # What this crate does not do
//!
//! It signs no outside executions of SNIP-9's version 1, which the account does not take. It replaces no
//! transaction at a higher price: [`Submission::give_up`] frees a nonce for the next one. It has no
//! WebSocket.
#![warn(missing_docs)]

pub mod abi;
pub mod calldata;
pub mod class;
mod contract;
mod curve;
pub mod decimal;
pub mod deploy;
mod error;
mod fee;
pub mod felt;
pub mod files;
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
mod ownership;
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
mod status;
mod submission;
pub mod token;
mod transaction;
mod transport;
pub mod typed_data;
pub mod units;
mod wait;
mod words;

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
pub use node::{NEXT_BLOCK, Node, Rpc};
pub use outcome::Outcome;
pub use outside_execution::{Caller, OutsideExecution, SignedOutsideExecution};
pub use owner::{Owner, OwnerSigner};
pub use ownership::{Acceptance, acceptance_hash};
pub use refusal::{Cause, Refusal};
pub use relayer::Relayer;
pub use rule::Rule;
pub use session::{Change, Session, Watching};
pub use starknet_rust as starknet;
pub use state::State;
pub use status::{Finality, Status};
pub use submission::{Draft, Signed, Submission};
pub use transaction::{Broadcast, Transaction};
pub use transport::{
    Patience, Transport, TransportError, Trouble, authority, body_of, causes, http_client,
};
pub use wait::{Progress, Wait};
pub use words::printable;

/// Runs the examples of the crate's page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
