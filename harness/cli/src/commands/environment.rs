//! The environment. A variable that is empty counts as one that is not set: scripts and CI unset them so.

use std::env;
use std::path::PathBuf;

use clap::Command;
use clap::builder::Resettable;

use super::paths;

/// Returns what the variable `name` holds; `None` if that is nothing, or no text.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|it| !it.is_empty())
}

/// Returns the path that the variable `name` holds.
pub fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|it| !it.is_empty()).map(|it| paths::expanded(it.into()))
}

/// Has `command` and all below it take no flag from a variable that is empty.
pub fn without_empty(command: Command) -> Command {
    command
        .mut_args(|arg| match arg.get_env() {
            Some(name) if env::var_os(name).is_some_and(|it| it.is_empty()) => {
                arg.env(Resettable::Reset)
            }
            _ => arg,
        })
        .mut_subcommands(without_empty)
}
