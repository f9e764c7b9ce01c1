use std::io;

use super::event::Event;

/// Where events are written.
pub trait Page {
    fn show(&mut self, event: &Event<'_>) -> io::Result<()>;
}
