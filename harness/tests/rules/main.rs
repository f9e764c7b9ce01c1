//! Every rule of the account, shown on a real devnet: each test has a chain of its own.
#![allow(clippy::unwrap_used)]

mod chain;
mod client;
mod fees;
mod findings;
mod forged;
mod hostile;
mod outside_execution;
mod owner;
mod registration;
mod scopes;
mod session;
mod spending;
mod upgrade;
mod vectors;
