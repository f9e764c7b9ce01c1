//! Session keys: temporary keys that may sign for the account within limits (SNIP-163).

pub mod component;
pub mod interface;
pub mod list;
pub mod record;
pub mod rules;
