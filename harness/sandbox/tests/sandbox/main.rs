//! The sandbox, as clients see it.
#![allow(clippy::unwrap_used)]

mod client;
mod crowd;
mod guide;
mod http;
mod lists;
mod paymaster_client;
mod raw;
mod trouble;
