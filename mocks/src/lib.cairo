//! Contracts that tests and measurements call. None of them is part of the account.

pub mod impostor;
pub mod token;
