//! SNIP-9, version 2: calls that the account has signed and somebody else submits.

pub mod component;
pub mod interface;
pub mod message;
