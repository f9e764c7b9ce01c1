//! The owner's key. Whoever has it may do all that the account can.

pub mod component;
pub mod interface;
