//! The client on a network that behaves like one: the scenarios of `docs/network.md` by their numbers.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

mod admission;
mod bed;
mod landing;
mod looking;
mod pool;
