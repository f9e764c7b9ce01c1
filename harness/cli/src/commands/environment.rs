//! Reads the environment. An empty variable counts as unset, since scripts and CI often unset variables that
//! way.

use std::env;
use std::path::PathBuf;

use clap::Command;
use clap::builder::Resettable;

use super::paths;

/// Returns the text of the variable `name`; `None` if it is unset, empty, or no text.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|it| !it.is_empty())
}

/// Returns the variable `name` as a path.
pub fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|it| !it.is_empty()).map(|it| paths::expanded(it.into()))
}

/// Changes `command` and its subcommands so that they take no flag from an empty variable.
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
