//! `completions`: for a shell to complete these commands.

use std::io;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

/// Print a shell's completions
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness completions bash > session-harness.bash")]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run<C: CommandFactory>(self) {
        let mut command = C::command();
        let name = command.get_name().to_owned();
        generate(self.shell, &mut command, name, &mut io::stdout());
    }
}
