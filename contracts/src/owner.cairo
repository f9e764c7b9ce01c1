//! The owner's key: who holds it has all of the account's power.

pub mod component;
pub mod interface;
