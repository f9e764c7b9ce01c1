//! What people read on a terminal.

use std::fmt;
use std::io::{self, Write};

/// Writes a line on stderr. That nobody reads it must not end a command half-way.
pub fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Leaves out what a node could do to a terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|it| if it.is_control() && it != '\n' { '\u{fffd}' } else { it }).collect()
}
