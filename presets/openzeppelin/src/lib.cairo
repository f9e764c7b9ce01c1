//! OpenZeppelin's account with this project's sessions and outside execution: what a wallet with
//! an account of its own writes to adopt them.

pub mod account;
