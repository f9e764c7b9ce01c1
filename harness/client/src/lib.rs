//! Session keys on Starknet: what an app needs to work with the session account.
//!
//! A *session key* is a temporary key that an app holds so that its user need not approve each action. The
//! account's owner registers it with limits, and can end it at any time. A [`SessionKey`] signs, a
//! [`Session`] joins the key with its account, and a [`Node`] sends what is signed.
//!
//! | word | is |
//! | --- | --- |
//! | [`Node`] | the connection to a Starknet node, and the network's chain id; requests that only read are retried |
//! | [`Grant`] | what the owner allows a session: calls, end, number of transactions, fee limit, spending policies |
//! | [`Owner`] | registers sessions, limits them and ends them |
//! | [`Session`] | [sends](Session::send) and [signs for relayers](Session::sign_outside) with the session key; can be [read](Session::state), [watched](Session::watch), [renewed](Session::renew) and [ended](Session::end) |
//! | [`Rule`], [`Refusal`] | why the account or the chain refuses, as types to match |
//! | [`preflight`] | checks calls against the account's rules, in the account's order, before anything is sent |
//! | [`Submission`], [`journal`] | a transaction whose hash is known and written into a journal before it is sent |
//! | [`paymaster`] | a client of SNIP-29 paymasters, which pay the fee; what they ask to be signed is checked first |
//! | [`typed_data`] | SNIP-9 outside executions as SNIP-12 typed data, for wallets that hold the key themselves |
//! | [`Fri`] | an amount of FRI, the unit of fees; 10^18 FRI are one STRK |
//!
//! [`Session`] and [`Owner`] also implement starknet-rust's `Account`, so `execute_v3` works on both. The
//! version of starknet-rust that this crate is built on is re-exported as [`starknet`].
//!
//! ```no_run
//! # async fn example(owner: session_client::Owner, to: session_client::starknet::core::types::Felt)
//! #     -> session_client::Result<()> {
//! use session_client::felt::selector;
//! use session_client::{AllowedCall, Error, Fri, Grant, Rule, SessionKey, SpendingLimits, token};
//!
//! // The owner lets a session transfer STRK to one recipient, 20 times within an hour, up to 1 STRK each time
//! // and 5 STRK a day.
//! const ONE: u128 = 1_000_000_000_000_000_000;
//! let transfer = AllowedCall::new(token::STRK, selector("transfer")).with_argument(0, to);
//! let grant = Grant::for_calls([transfer])
//!     .until(owner.node().now().await? + 3_600)
//!     .max_calls(20)
//!     .spend(token::STRK, SpendingLimits::per_day(ONE.into(), (5 * ONE).into()))
//!     // Up to 0.2 STRK of fees each. Without this the limit is 0, and a paymaster pays: `send_through`.
//!     .fee_limit(Fri(ONE / 5));
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
//! # No payment is made twice
//!
//! [`Session::submit`] gives a transaction its nonce, writes its hash into the node's [`journal`], and
//! sends it. If the node's answer is lost, the client asks the node for the transaction by its hash, and
//! sends no other bytes than the same signed ones again. Give the node a journal that outlives the process
//! ([`Node::with_journal`], [`journal::Files`]); after a crash, [`Node::unsettled`] then lists the
//! transactions that may still be included in a block. If [`Session::send`] returns an error, ask
//! [`Error::transaction`] before you send the same calls again: if it returns a hash, the transaction may
//! have been sent. A transaction is done when it is in a block ([`Finality::AcceptedOnL2`]): a
//! pre-confirmed one may still be dropped.
//!
//! After the process has started, and before it sends anything, settle what an earlier process left open:
//!
//! ```no_run
//! # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
//! #     -> session_client::Result<()> {
//! use session_client::journal::Files;
//! use session_client::{Finality, Status};
//!
//! let node = node.with_journal(Files::in_folder("journal"));
//! for submission in node.unsettled(account)? {
//!     // `submission.entry().makes(&calls)` tells whether a transaction is the one that you look for.
//!     if submission.status().await? == Status::Unknown {
//!         // `resend` sends the same bytes, which pay once. Call `give_up` if the payment is no longer wanted.
//!         submission.resend().await?;
//!     }
//!     let outcome = submission.wait(Finality::AcceptedOnL2).await?;
//!     println!("{:#x} is in block {}", submission.hash(), outcome.block_number);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A transaction that was [replaced](Submission::replace) has [alternatives](Submission::alternatives): one of
//! them all can be included, and makes the payment. Look at them before you believe that it was not made.
//!
//! To store a transaction's hash with your own record of the payment before it is sent, take the steps one
//! by one: [`Node::draft`], [`Draft::sign`], [`Signed::hash`], [`Signed::submit`].
//!
//! # Several tasks and processes
//!
//! Tasks of one process that share a [`Node`] share the account's nonces, so no two of them use the same
//! one. If two tasks compete for a session's last call, the account refuses the second. Two processes can
//! choose the same nonce: the network then refuses one of the two transactions, and the client signs it
//! again with the next nonce.
//!
//! # What this crate does not do
//!
//! It does not sign outside executions of SNIP-9's version 1, which the account does not accept. It never
//! replaces a transaction at a higher price by itself: call [`Submission::replace`]. It does not use
//! WebSocket.
//!
//! # Words
//!
//! Each word has one meaning in this crate, in its errors and in its documentation:
//!
//! | word | meaning |
//! | --- | --- |
//! | list | what a session may call, as its registration says; an empty list allows any call that no rule forbids |
//! | entry | one element of a list: a selector, or a function of a contract with or without a pinned argument |
//! | journal entry | one transaction in the [`journal`] ([`journal::Entry`]) |
//! | pin | to require one felt at one place of a call's calldata ([`AllowedArgument`]) |
//! | fee limit | the most FRI that one plain transaction of a session may commit to pay |
//! | spending policy | the most of one token that may leave the account, in one call and in one window of time |
//! | generation | how often a key was registered on the account |
//! | epoch | how often all sessions of the account were ended together; a session of an earlier epoch has ended |
//! | plain transaction | an invoke transaction of version 3 that the account itself pays for |
//! | outside execution | calls that the account signs and another account submits and pays for (SNIP-9, version 2) |
//! | relayer, paymaster | who submits outside executions and pays: with an account of its own, or as a SNIP-29 service |
//! | submission | a transaction that was sent, or may have been sent ([`Submission`]) |
//! | journal | where a transaction is recorded before it is sent |
//! | open, settled | a transaction is open while it may still be included in a block, and settled when that is decided |
//! | rule | one error of the account's contract ([`Rule`]) |
//! | refusal | the answer that a transaction or a call is not accepted, and why ([`Refusal`]) |
//! | foretold | found by the client itself, before anything was sent |
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
    AllowedArgument, AllowedCall, BLOCKED_FUNCTIONS, COUNTED_FUNCTIONS, MOST_TOKENS, ScopedLimits,
    SessionLimits, SpendingLimits, is_blocked, is_counted, is_self_ending,
};
pub use node::{NEXT_BLOCK, Node, Rpc};
pub use outcome::Outcome;
pub use outside_execution::{
    Caller, OutsideExecution, SignedOutsideExecution, WINDOW as OUTSIDE_WINDOW,
};
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
    is_rate_limit, pauses,
};
pub use wait::{Progress, Wait};
pub use words::printable;

/// Holds the crate's README, so that rustdoc's tests run its example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
