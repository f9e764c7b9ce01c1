//! Every rule of the account, shown on a real devnet: each test has a chain of its own.
#![allow(clippy::unwrap_used)]

mod arguments;
mod caps;
mod chain;
mod client;
mod ending;
mod epochs;
mod fees;
mod findings;
mod forged;
mod hostile;
mod known_limits;
mod lookup;
mod nested;
mod outside_execution;
mod owner;
mod registration;
mod routes;
mod scopes;
mod session;
mod shown;
mod slots;
mod spending;
mod tokens;
mod upgrade;
mod vectors;
mod worst;
