//! The account as OpenZeppelin's contracts for Cairo see it: through their interfaces, with their
//! tokens, and beside their account.

mod comparison;
mod differences;
mod interfaces;
mod migration;
mod tokens;
