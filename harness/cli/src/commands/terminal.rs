//! What people read on a terminal.

use std::fmt;
use std::io::{self, Write};

/// A line on stderr. That nobody reads it must not end a command half-way.
pub fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Without what a node could do to a terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|it| if it.is_control() && it != '\n' { '\u{fffd}' } else { it }).collect()
}
