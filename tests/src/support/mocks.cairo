//! Contracts for the account to call, and a class for it to move to.

pub mod echo;
pub mod impostor;
pub mod journal;
pub mod other_account;
pub mod permit_token;
pub mod reentrant;
pub mod token;
