//! Spending policies: how much of a token may leave the account in the batches that a session key
//! signs. Two amounts count. `named` counts what the calls to the token name, before any call is
//! made (SNIP-163, part H). `outflow` measures what leaves the account's balance while other
//! contracts are called. `batch` does both.

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
