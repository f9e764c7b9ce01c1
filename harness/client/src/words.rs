//! Makes text from nodes, gateways, paymasters and contracts safe to print.

/// The number of characters that are kept of such a text; a revert's trace fits.
const LONGEST: usize = 16_384;

/// Makes text from a node, a gateway, a paymaster or a contract safe to print: it is on one line, has at
/// most 16,384 characters, and contains no control characters and no characters that hide text or change
/// its direction.
///
/// Every such text in this crate's errors has passed through this function.
///
/// ```
/// assert_eq!(session_client::printable("no\n  \u{1b}[2J\u{202e}such"), "no \u{fffd}[2J\u{fffd}such");
/// ```
#[must_use]
pub fn printable(said: &str) -> String {
    let mut shown = String::with_capacity(said.len().min(LONGEST));
    let mut is_after_space = true;
    // Nobody reads more than this, and to read all of a long text would take time.
    for sign in said.chars().take(LONGEST) {
        if sign.is_whitespace() {
            if !is_after_space {
                shown.push(' ');
            }
            is_after_space = true;
        } else {
            shown.push(if is_hidden(sign) { char::REPLACEMENT_CHARACTER } else { sign });
            is_after_space = false;
        }
    }
    if said.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown.truncate(shown.trim_end().len());
    shown
}

/// Says whether a terminal may not show `sign` as a visible character: it is one of Unicode's control
/// characters, or a format character that belongs to no script.
fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_on_one_line_and_hides_nothing() {
        for (said, shown) in [
            ("a\r\n\tb\u{2028}c ", "a b c"),
            ("\u{1b}]0;owned\u{7}", "\u{fffd}]0;owned\u{fffd}"),
            ("paid \u{202e}001", "paid \u{fffd}001"),
            ("\u{2066}\u{200f}\u{feff}", "\u{fffd}\u{fffd}\u{fffd}"),
            ("Überweisung 送金", "Überweisung 送金"),
        ] {
            assert_eq!(printable(said), shown);
        }
    }

    #[test]
    fn what_is_quoted_is_bounded() {
        let long = printable(&"ab".repeat(LONGEST));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
        assert_eq!(printable(&" ".repeat(2 * LONGEST)), "…");
    }
}
