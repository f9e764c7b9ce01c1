//! What the client promises an app, on a real devnet: a session's life, what is sent once and known by its
//! hash before, and many transactions at once.
#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

mod examples;
mod journal;
mod life;
mod many;
mod refusals;
mod retries;
mod watching;
