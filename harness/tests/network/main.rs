//! Tests of the client on a simulated network: the scenarios of `docs/network.md` by their numbers.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

mod admission;
mod bed;
mod landing;
mod looking;
mod pool;
