//! Tests of the client on a devnet: the life of a session, the journal, and many transactions at once.
#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

mod examples;
mod journal;
mod life;
mod many;
mod refusals;
mod retries;
mod watching;
