//! SNIP-5: which interfaces the account supports.

pub mod component;
pub mod interface;
