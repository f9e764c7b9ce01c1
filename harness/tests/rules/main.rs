//! Every rule of the account, shown on a real devnet: each test has a chain of its own.
#![allow(clippy::unwrap_used)]

mod arguments;
mod chain;
mod client;
mod ending;
mod epochs;
mod fees;
mod findings;
mod forged;
mod hostile;
mod lookup;
mod outside_execution;
mod owner;
mod registration;
mod scopes;
mod session;
mod shown;
mod slots;
mod spending;
mod upgrade;
mod vectors;
