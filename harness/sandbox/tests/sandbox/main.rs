//! Tests the sandbox through the interfaces that clients use.
#![allow(clippy::unwrap_used)]

mod client;
mod crowd;
mod hostile;
mod http;
mod json_rpc;
mod lists;
mod paymaster_client;
mod raw;
mod snip29;
mod teaching;
mod trouble;
mod unsent;
