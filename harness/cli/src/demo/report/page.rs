use std::io;

use super::event::Event;

/// Shows events, to people or to scripts.
pub trait Page {
    fn show(&mut self, event: &Event<'_>) -> io::Result<()>;
}
