//! Spending policies: how much of a token a session may move, per call and per window (SNIP-163,
//! part H).

pub mod component;
pub mod interface;
pub mod policy;
