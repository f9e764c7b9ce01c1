//! Finds the last cause in the trace of a transaction that failed. The trace names all contracts that the
//! transaction passed through; people want to know the last cause.

use starknet_rust::core::types::Felt;

/// A shorter text in a felt is taken for a number.
const SHORTEST: usize = 3;

/// Returns the last cause that the trace `said` names, with felts that hold texts shown as texts.
pub fn last_cause(said: &str) -> String {
    // Each frame ends with the contract in parentheses; what follows the last one is the cause.
    let cause = said.rsplit_once("): ").map_or(said, |(_, cause)| cause);
    decoded(cause)
}

/// Replaces felts that hold texts by the texts: both `0x6162 ('ab')` and `0x6162` become `'ab'`.
fn decoded(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| !it.is_ascii_hexdigit()).unwrap_or(part.len());
        let (digits, rest) = part.split_at(end);
        match short_text(digits) {
            Some(text) => {
                let text = format!("'{text}'");
                told.push_str(&text);
                told.push_str(rest.strip_prefix(&format!(" ({text})")).unwrap_or(rest));
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

    #[test]
    fn the_last_cause_stands_alone_and_its_felts_are_texts() {
        let frame = "Error in the called contract (contract address: 0x04, class hash: 0x05, selector: 0x06)";
        let said = format!(
            "Transaction execution has failed: 0: {frame}: 1: {frame}: Execution failed. Failure reason: \
             (0x753235365f737562204f766572666c6f77 ('u256_sub Overflow'), 0x454e545259504f494e545f4641494c4544, \
             0x7, 0x1b5b324a)."
        );
        let told = "Execution failed. Failure reason: ('u256_sub Overflow', 'ENTRYPOINT_FAILED', 0x7, 0x1b5b324a).";
        assert_eq!(last_cause(&said), told);
        for plain in ["", "0x", "Resources bounds exceed balance", "0xzz 0x"] {
            assert_eq!(last_cause(plain), plain);
        }
    }
}
