//! A SNIP-9 account with session keys, as components that another account can embed.
//!
//! An id in a comment, such as S-9, names a rule of `docs/rules.md`.

pub mod account;
pub mod authority;
pub mod batch;
pub mod errors;
pub mod introspection;
pub mod outside_execution;
pub mod owner;
pub mod session;
pub mod signature;
pub mod slot;
pub mod spending;
pub mod transaction;
pub mod upgrade;
