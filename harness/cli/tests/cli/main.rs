//! The commands of a deployer, as processes against a devnet that they know by its URL alone.
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
