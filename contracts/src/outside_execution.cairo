//! SNIP-9, version 2: calls that the owner or a session signs and that somebody else submits.

pub mod component;
pub mod interface;
pub mod message;
