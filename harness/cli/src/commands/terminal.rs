//! What people read on a terminal.

use std::fmt;
use std::io::{self, Write};

/// What others say, on one line and without what it could do to a terminal.
pub use session_client::printable;

/// Writes a line on stderr. That nobody reads it must not end a command half-way.
pub fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
