//! Contracts that the account calls in tests, and classes to which it is upgraded.

pub mod echo;
pub mod impostor;
pub mod journal;
pub mod other_account;
pub mod permit_token;
pub mod reentrant;
pub mod token;
