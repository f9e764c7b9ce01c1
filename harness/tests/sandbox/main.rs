//! The sandbox, as clients see it.
#![allow(clippy::unwrap_used)]

mod client;
mod crowd;
mod guide;
mod http;
mod lists;
mod process;
mod raw;
mod trouble;
