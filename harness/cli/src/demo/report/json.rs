use std::io::{self, Write};

use super::event::Event;
use super::page::Page;

/// Writes one JSON object per line, for events that have ended.
pub struct Json;

impl Page for Json {
    fn show(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Chapter { .. } | Event::Trying { .. } => Ok(()),
            Event::Step { .. } | Event::NotRun { .. } | Event::End { .. } => {
                let mut out = io::stdout().lock();
                serde_json::to_writer(&mut out, event)?;
                writeln!(out)
            }
        }
    }
}
