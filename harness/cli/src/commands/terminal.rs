//! Writes for people on a terminal.

use std::fmt;
use std::io::{self, Write};

use console::Term;

/// Makes text of others safe to show: on one line, without characters that control the terminal.
pub use session_client::printable;

/// Returns how many columns stdout has; `None` if it is no terminal.
pub fn columns() -> Option<usize> {
    Term::stdout().size_checked().map(|(_, columns)| columns.into())
}

/// Writes a line on stderr. An error of writing is ignored, so that a closed stderr does not end a command
/// halfway.
pub fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
