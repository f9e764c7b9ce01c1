//! Contracts that tests and measurements call. None of them is part of the account.

pub mod bridge;
pub mod caller;
pub mod exchange;
pub mod impostor;
pub mod liar;
pub mod payout;
pub mod router;
pub mod token;
pub mod vault;
