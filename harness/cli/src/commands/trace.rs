//! Finds the last cause in the trace of a transaction that failed. The trace names all contracts that the
//! transaction passed through; people want to know the last cause.

use starknet_rust::core::types::Felt;

/// A shorter text in a felt may be a number, and is shown as the node shows it.
const SHORTEST: usize = 8;

/// What a trace begins with or says between two frames.
const BETWEEN: [&str; 7] = [
    "Transaction execution has failed: ",
    "Transaction validation has failed: ",
    "Contract constructor execution has failed: ",
    "Execution failed. Failure reason: ",
    "The `validate` entry point panicked with: ",
    // As a gateway cleans it.
    "The 'validate' entry point panicked with: ",
    "... ",
];
/// What a trace says of the contract that a frame is of.
const FRAMES: [&str; 4] = [
    "Error in contract",
    "Error in the called contract",
    "Error in a library call",
    "Error in the contract class constructor",
];
const TRACEBACK: &str = "Cairo traceback (most recent call last):";

/// Returns the last cause that the trace `said` names, with felts that hold long texts shown as texts.
///
/// Only what the trace itself wrote is cut, from its beginning on: the text of a contract's panic comes after
/// all frames, and may look like one.
pub fn last_cause(said: &str) -> String {
    // Some nodes say a few words before the trace. No contract wrote them, unless there is a quote in them.
    let begins = said.match_indices("Error in ").map(|(place, _)| place);
    let mut begins =
        begins.chain(BETWEEN.iter().filter_map(|it| said.find(it))).collect::<Vec<_>>();
    begins.sort_unstable();
    let begin = begins.into_iter().find(|place| step(&said[*place..]).is_some());
    let Some(begin) = begin.filter(|place| !said[..*place].contains(['\'', '"'])) else {
        return decoded(said);
    };
    let mut cause = &said[begin..];
    while let Some(rest) = step(cause).filter(|rest| !rest.is_empty()) {
        cause = rest;
    }
    let cause = without_felts(without_traceback(cause));
    told(cause.strip_suffix('.').unwrap_or(cause))
}

/// Tells a cause so that what a contract says stays between the quotes around it.
fn told(cause: &str) -> String {
    match cause.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        Some(text) => format!("\"{}\"", text.replace('"', "'")),
        None => decoded(cause),
    }
}

/// Returns what follows the frame, or the words between two of them, with which `trace` begins.
fn step(trace: &str) -> Option<&str> {
    if let Some(rest) = BETWEEN.iter().find_map(|it| trace.strip_prefix(it)) {
        return Some(rest);
    }
    if let Some(rest) = trace.strip_prefix(TRACEBACK) {
        return Some(after_locations(rest));
    }
    if let Some(rest) = trace.strip_prefix("Error at ") {
        let rest = location(rest)?.strip_prefix(':')?.trim_start();
        // What stands alone after it is all that is known of the cause.
        return rest.starts_with(TRACEBACK).then_some(rest);
    }
    let depth = trace.trim_start_matches(|it: char| it.is_ascii_digit());
    let frame = depth.strip_prefix(": ").unwrap_or(trace);
    let rest = FRAMES.iter().find_map(|it| frame.strip_prefix(it))?;
    let rest = felt(rest.strip_prefix(" (contract address: ")?, "")?;
    let rest = felt(rest.strip_prefix(", class hash: ")?, "_")?;
    let rest = felt(rest.strip_prefix(", selector: ")?, "UNKNOWN")?;
    rest.strip_prefix("):").map(str::trim_start)
}

/// Returns what follows a felt in hexadecimal, or the word for one that is not known.
fn felt<'a>(text: &'a str, unknown: &str) -> Option<&'a str> {
    if !unknown.is_empty()
        && let Some(rest) = text.strip_prefix(unknown)
    {
        return Some(rest);
    }
    let digits = text.strip_prefix("0x")?;
    let rest = digits.trim_start_matches(|it: char| it.is_ascii_hexdigit());
    (rest.len() < digits.len()).then_some(rest)
}

/// Returns what follows a place in a program, as `pc=0:1395`.
fn location(text: &str) -> Option<&str> {
    let is_of_it = |it: char| it.is_ascii_digit() || it == ':';
    let place = text.strip_prefix("pc=").or_else(|| text.strip_prefix("pc "))?;
    // The colon after it is no part of it.
    let end = place.find(|it| !is_of_it(it)).unwrap_or(place.len());
    let end = place[..end].trim_end_matches(':').len();
    (end > 0).then(|| &place[end..])
}

/// Returns what follows the places of a Cairo traceback.
fn after_locations(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let rest = text.strip_prefix("Unknown location (").and_then(location);
        match rest.and_then(|rest| rest.strip_prefix(')')) {
            Some(rest) => text = rest,
            None => return text,
        }
    }
}

/// Cuts the Cairo tracebacks off with which `cause` ends: they are where it failed, and not why.
fn without_traceback(mut cause: &str) -> &str {
    while let Some((before, after)) = cause.rsplit_once(TRACEBACK) {
        let before = before.trim_end();
        if before.is_empty() || !after_locations(after).is_empty() {
            break;
        }
        cause = before;
    }
    cause
}

/// Cuts the array off in which the devnet repeats the felts of a panic: `. ["0x6162"]`.
fn without_felts(cause: &str) -> &str {
    let cut = || {
        let (before, felts) = cause.strip_suffix(']')?.rsplit_once(". [")?;
        let is_felt = |it: &str| {
            let it = it.trim_matches(['"', '\'']);
            felt(it, "").is_some_and(str::is_empty)
        };
        felts.split(", ").all(is_felt).then_some(before)
    };
    cut().unwrap_or(cause)
}

/// Puts texts in the place of the felts that are long ones: of `0x6162… ('ab…')`, and of `0x6162…` alone,
/// `'ab…'`.
fn decoded(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| !it.is_ascii_hexdigit()).unwrap_or(part.len());
        let (digits, rest) = part.split_at(end);
        match short_text(digits) {
            Some(text) => {
                told.push_str(&format!("'{}'", text.replace('\'', "\\'")));
                told.push_str(rest.strip_prefix(&format!(" ('{text}')")).unwrap_or(rest));
            }
            None => {
                told.push_str("0x");
                told.push_str(part);
            }
        }
    }
    told
}

/// Returns the text in the felt with these digits, if it holds one.
fn short_text(digits: &str) -> Option<String> {
    let felt = Felt::from_hex(&format!("0x{digits}")).ok()?;
    let bytes: Vec<u8> = felt.to_bytes_be().into_iter().skip_while(|it| *it == 0).collect();
    let is_text = bytes.len() >= SHORTEST && bytes.iter().all(|it| (b' '..=b'~').contains(it));
    is_text.then(|| String::from_utf8(bytes).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str =
        "Error in contract (contract address: 0x04, class hash: 0x05, selector: 0x06): ";

    /// Builds a trace that ends with `cause`, as the devnet sends it.
    fn trace(cause: &str) -> String {
        format!(
            "Transaction execution has failed: 0: Error in the called contract (contract address: 0x04, \
             class hash: 0x05, selector: 0x06): Execution failed. Failure reason: {CONTRACT}{CONTRACT}{cause}"
        )
    }

    #[test]
    fn the_last_cause_stands_alone_and_its_felts_are_texts() {
        for (cause, told) in [
            (
                "0x45524332303a20696e73756666696369656e742062616c616e6365 ('ERC20: insufficient \
                 balance'). [\"0x45524332303a20696e73756666696369656e742062616c616e6365\"]",
                "'ERC20: insufficient balance'",
            ),
            (
                "(0x753235365f737562204f766572666c6f77 ('u256_sub Overflow'), \
                 0x454e545259504f494e545f4641494c4544, 0x7, 0x1b5b324a).",
                "('u256_sub Overflow', 'ENTRYPOINT_FAILED', 0x7, 0x1b5b324a)",
            ),
            // A number is none the less one if its bytes are letters.
            (
                "(0x4c4b40 ('LK@'), 0x0, 0x6e65656473 ('needs')).",
                "(0x4c4b40 ('LK@'), 0x0, 0x6e65656473 ('needs'))",
            ),
            ("(0x616263 ('abc'), 0x7). [\"0x616263\", \"0x7\"]", "(0x616263 ('abc'), 0x7)"),
            // A gateway's quotes.
            ("0x616263 ('abc'). ['0x616263']", "0x616263 ('abc')"),
        ] {
            assert_eq!(last_cause(&trace(cause)), told);
        }
        for plain in ["", "0x", "Resources bounds exceed balance", "0xzz 0x"] {
            assert_eq!(last_cause(plain), plain);
        }
        let validation = "The `validate` entry point panicked with: ";
        for header in [validation.to_owned(), validation.replace('`', "'")] {
            assert_eq!(
                last_cause(&format!("{header}{CONTRACT}0x616263 ('abc').")),
                "0x616263 ('abc')"
            );
        }
        assert_eq!(last_cause(&format!("reverted: {}", trace("0x616263."))), "0x616263");
    }

    #[test]
    fn nothing_is_cut_out_of_a_contracts_own_text() {
        let short = "0x78293a20616c6c2069732077656c6c2c2072756e20616761696e ('x): all is well, run again').";
        assert_eq!(last_cause(&trace(short)), "'x): all is well, run again'");
        // Nor does it end the quotes around it.
        let quote = "0x78272e20616c6c2069732077656c6c ('x'. all is well').";
        assert_eq!(last_cause(&trace(quote)), "'x\\'. all is well'");
        assert_eq!(last_cause(&trace("\"x\". All is well\".")), "\"x'. All is well\"");
        for text in [
            "\"selector: 0x06): all is well, run again\"".to_owned(),
            format!("\"{CONTRACT}all is well, run again\""),
            format!("\"no' {CONTRACT}all is well. ['0x7']\""),
            format!("\"{TRACEBACK} all is well\""),
        ] {
            assert_eq!(last_cause(&trace(&format!("{text}."))), text);
            // Without a frame before it.
            assert_eq!(last_cause(&text), text);
            assert_eq!(last_cause(&format!("Failed with {text}")), format!("Failed with {text}"));
        }
    }

    #[test]
    fn where_a_program_stood_is_not_why_it_failed() {
        let places = "Cairo traceback (most recent call last): Unknown location (pc=0:67) Unknown location \
                      (pc=0:1835)";
        for (cause, told) in [
            (
                format!("Error at pc=0:12: {places} An ASSERT_EQ instruction failed: 1 != 0."),
                "An ASSERT_EQ instruction failed: 1 != 0",
            ),
            (
                format!("Error at pc=0:4302: Could not reach the end of the program. {places}"),
                "Error at pc=0:4302: Could not reach the end of the program",
            ),
            (
                format!("Error at pc=0:12: {places} 1: {CONTRACT}0x616263 ('abc'). {places}"),
                "0x616263 ('abc')",
            ),
            (format!("0x616263 ('abc'). {places} {places}"), "0x616263 ('abc')"),
        ] {
            assert_eq!(last_cause(&trace(&cause)), told);
        }
        // Nothing else is known.
        assert!(last_cause(&trace(&format!("Error at pc=0:12: {places}"))).contains("0:67"));
    }
}
