//! OpenZeppelin's account with this project's sessions and outside execution. It shows what a
//! wallet with its own account contract writes to adopt them.

pub mod account;
