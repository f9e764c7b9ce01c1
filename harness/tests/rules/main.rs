//! Every rule of the account, shown on a real devnet: each test has a chain of its own.
#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

mod arguments;
mod caps;
mod client;
mod ending;
mod epochs;
mod fees;
mod findings;
mod hostile;
mod known_limits;
mod lookup;
mod nested;
mod outside_execution;
mod owner;
mod registration;
mod scopes;
mod session;
mod shown;
mod spending;
mod tokens;
mod upgrade;
mod vectors;
mod worst;
