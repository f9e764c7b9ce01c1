//! `completions`: prints the script with which a shell completes these commands.

use std::io::{self, Write};
use std::path::Path;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::exit::Failure;

/// Print a shell's completions
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness completions bash > session-harness.bash")]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run<C: CommandFactory>(self) -> Result<(), Failure> {
        let mut command = C::command();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        generate(self.shell, &mut command, name, &mut script);
        io::stdout().write_all(&script).map_err(|error| Failure::file(Path::new("stdout"), error))
    }
}
