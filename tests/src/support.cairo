//! What tests of several subjects share: the account under test and the keys that sign for it, the
//! contracts that it calls, and readers of its state.

pub mod account;
pub mod boundaries;
pub mod caps;
pub mod cost;
pub mod ending;
pub mod handover;
pub mod lists;
pub mod mocks;
pub mod openzeppelin;
pub mod outside;
pub mod payments;
pub mod slots;
pub mod upgrade;
pub mod vectors;
pub mod views;
