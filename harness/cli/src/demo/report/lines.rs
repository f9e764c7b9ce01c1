use std::io::{self, IsTerminal, Write};

use super::event::Event;
use super::page::Page;

/// Widths of the columns, in characters. The mark and the step's number come before them, and the
/// transaction's hash after them.
const MARGIN: usize = 10;
const TRIED: usize = 53;
const CAME: usize = 52;
const GAS: usize = 11;
/// The text of an empty column.
const NONE: &str = "-";

const ERASE_LINE: &str = "\r\x1b[K";
const BOLD: &str = "\x1b[1m";
const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[1;31m";
const PLAIN: &str = "\x1b[0m";

/// Writes one line for each step.
pub struct Lines {
    /// Whether stdout is a terminal, on which a line can be rewritten.
    is_terminal: bool,
    is_coloured: bool,
    /// Whether the line with the names of the columns was written.
    is_headed: bool,
}

impl Lines {
    pub fn stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let is_coloured =
            is_terminal && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
        Self { is_terminal, is_coloured, is_headed: false }
    }

    fn coloured(&self, colour: &str, text: &str) -> String {
        if self.is_coloured { format!("{colour}{text}{PLAIN}") } else { text.to_owned() }
    }

    /// Returns what erases the line of the running step.
    const fn start(&self) -> &'static str {
        if self.is_terminal { ERASE_LINE } else { "" }
    }
}

impl Page for Lines {
    fn show(&mut self, event: &Event<'_>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match event {
            Event::Chapter { title } => {
                let title = if self.is_headed { (*title).to_owned() } else { heading(title) };
                self.is_headed = true;
                writeln!(out, "\n{}", self.coloured(BOLD, &title))
            }
            Event::Trying { step, tried } if self.is_terminal => {
                write!(out, "   …  {step:>2}  {tried}")?;
                out.flush()
            }
            Event::Trying { .. } => Ok(()),
            Event::Step { step, tried, expected: None, came, transaction_hash, l2_gas, .. } => {
                let (start, mark) = (self.start(), self.coloured(GREEN, "  ok"));
                let (gas, hash) = (gas(*l2_gas), transaction_hash.as_deref().unwrap_or(NONE));
                let row = format!("{tried:TRIED$}  {came:CAME$}  {gas:>GAS$}  {hash}");
                writeln!(out, "{start}{mark}  {step:>2}  {row}")
            }
            Event::Step {
                step, tried, expected: Some(expected), came, transaction_hash, ..
            } => {
                let (start, mark) = (self.start(), self.coloured(RED, "FAIL"));
                writeln!(out, "{start}{mark}  {step:>2}  {tried}")?;
                writeln!(out, "          expected: {expected}")?;
                writeln!(out, "          came:     {came}")?;
                match transaction_hash {
                    Some(hash) => writeln!(out, "          in:       {hash}"),
                    None => Ok(()),
                }
            }
            Event::NotRun { what, .. } => writeln!(out, "   -      not run: {what}"),
            Event::End { ok: true, steps, seconds, .. } => {
                writeln!(out, "\n{steps} steps in {seconds:.1} s, each as it should be.")
            }
            Event::End { steps, failed, seconds, .. } => {
                writeln!(out, "\n{failed} of {steps} steps failed, in {seconds:.1} s.")
            }
        }
    }
}

/// Returns the first chapter's title, followed by the names of the columns.
fn heading(title: &str) -> String {
    let width = MARGIN + TRIED;
    format!("{title:width$}  {:CAME$}  {:>GAS$}  transaction", "came back", "L2 gas")
}

/// Returns a number with commas between its thousands.
fn gas(used: Option<u64>) -> String {
    let Some(used) = used else { return NONE.to_owned() };
    let digits = used.to_string();
    let mut spaced = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index != 0 && (digits.len() - index).is_multiple_of(3) {
            spaced.push(',');
        }
        spaced.push(digit);
    }
    spaced
}
