//! Spending policies: how much of a token may leave in the batches that a session key signs. What
//! calls of the token name is counted before anything is called (SNIP-163, part H: `named`); what
//! leaves while other contracts are called is measured (`outflow`). `batch` does the one and the
//! other.

pub mod ask;
pub mod batch;
pub mod component;
pub mod interface;
pub mod named;
pub mod outflow;
pub mod policy;
pub mod session;
pub mod storage;
pub mod tokens;
