//! Tests the commands as processes that know a devnet only by its URL.
#![allow(clippy::unwrap_used)]

mod caps;
mod checks;
mod deploying;
mod dir;
mod end;
mod failures;
mod help;
mod hostile;
mod interruptions;
mod json;
mod keys;
mod life;
mod lists;
mod network;
mod node;
mod owner;
mod register;
mod serve;
mod settings;
mod terminal;
mod upgrade;
