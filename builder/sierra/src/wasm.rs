//! Finds the text files that Rust's `include_str!` left in a WebAssembly module.
//!
//! The function that returns them first compares a name: a chain of `i32.const address,
//! i32.const length` pairs, one a name. Then it holds, one a file, the address of the contents:
//! first the last name's, then the others' in their order. The contents lie one after another in
//! one data segment, so neighbouring starts give the lengths.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use wasmparser::{DataKind, Operator, Parser, Payload};

const EXTENSION: &str = ".cairo";

/// A data segment: where it is put in memory, and its bytes.
struct Segment<'a> {
    base: usize,
    bytes: &'a [u8],
}

impl<'a> Segment<'a> {
    fn contains(&self, address: usize) -> bool {
        (self.base..self.base + self.bytes.len()).contains(&address)
    }

    fn text(&self, address: usize, len: usize) -> Option<&'a str> {
        let start = address.checked_sub(self.base)?;
        std::str::from_utf8(self.bytes.get(start..start.checked_add(len)?)?).ok()
    }
}

/// Returns the contents of every `.cairo` file in `module`, by name.
pub fn cairo_files(module: &[u8]) -> Result<BTreeMap<String, String>> {
    let mut segments = Vec::new();
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::DataSection(section) => {
                for data in section {
                    let data = data?;
                    if let DataKind::Active { offset_expr, .. } = data.kind
                        && let Operator::I32Const { value } =
                            offset_expr.get_operators_reader().read()?
                    {
                        segments.push(Segment { base: value as u32 as usize, bytes: data.data });
                    }
                }
            }
            Payload::CodeSectionEntry(body) => functions.push(constants(&body)?),
            _ => {}
        }
    }
    let segment = segments
        .into_iter()
        .max_by_key(|segment| segment.bytes.len())
        .context("the module has no data")?;
    let (names, constants) = functions
        .iter()
        .map(|constants| names(&segment, constants))
        .max_by_key(|(names, _)| names.len())
        .context("the module has no code")?;

    let mut starts: Vec<usize> = constants
        .iter()
        .copied()
        .filter(|address| segment.contains(*address))
        .take(names.len())
        .collect();
    ensure!(starts.len() == names.len(), "{} names, {} contents", names.len(), starts.len());
    starts.rotate_left(1);

    let mut ends = starts.clone();
    ends.sort_unstable();
    names
        .into_iter()
        .zip(starts)
        .map(|(name, start)| {
            let text = match ends.get(ends.partition_point(|end| *end <= start)) {
                Some(end) => segment.text(start, end - start),
                None => last_text(&segment, start),
            };
            Ok((name.to_owned(), text.with_context(|| format!("{name} is no text"))?.to_owned()))
        })
        .collect()
}

/// The `i32` constants of a function, in their order.
fn constants(body: &wasmparser::FunctionBody<'_>) -> Result<Vec<usize>> {
    let mut constants = Vec::new();
    for operator in body.get_operators_reader()? {
        if let Operator::I32Const { value } = operator? {
            constants.push(value as u32 as usize);
        }
    }
    Ok(constants)
}

/// The file names among a function's constants, and the constants that follow the last of them.
fn names<'a, 'c>(segment: &Segment<'a>, constants: &'c [usize]) -> (Vec<&'a str>, &'c [usize]) {
    let mut names = Vec::new();
    let mut rest = constants;
    for (index, pair) in constants.windows(2).enumerate() {
        if let Some(name) = segment.text(pair[0], pair[1])
            && name.len() > EXTENSION.len()
            && name.find(EXTENSION) == Some(name.len() - EXTENSION.len())
        {
            names.push(name);
            rest = &constants[index + 2..];
        }
    }
    (names, rest)
}

/// The last file runs up to data of another kind: it ends with the last line before the first NUL.
fn last_text<'a>(segment: &Segment<'a>, start: usize) -> Option<&'a str> {
    let bytes = segment.bytes.get(start.checked_sub(segment.base)?..)?;
    let text = &bytes[..bytes.iter().position(|byte| *byte == 0)?];
    let line_end = text.windows(2).rposition(|pair| pair == b"}\n")? + 2;
    std::str::from_utf8(&text[..line_end]).ok()
}
