//! The sandbox, as clients see it.
#![allow(clippy::unwrap_used)]

mod client;
mod crowd;
mod http;
mod json_rpc;
mod lists;
mod paymaster_client;
mod raw;
mod snip29;
mod teaching;
mod trouble;
