//! Upgrades: replacing the account's class.

pub mod class;
pub mod component;
pub mod interface;
