//! The record as a table for people.

use std::time::Duration;

use super::book::{Book, Entry};
use super::snforge::Tally;
use super::state::short;

/// Returns the table of `book`, in Markdown.
pub fn table(book: &Book) -> String {
    let mutants = book.mutants.as_ref().map(|entry| {
        let counts = &entry.counts;
        row(entry, format!("{} tried, {} caught by a test", counts.tried, counts.caught))
    });
    let model = book.model.as_ref().map(|entry| {
        let counts = &entry.counts;
        let text = format!(
            "{} operations, and no difference: {} succeeded ({} of them by sessions), {} were refused, \
             {} reverted, and the others asked a view or moved the clock. Again: `record --only model \
             --operations {}`",
            counts.operations,
            counts.succeeded,
            counts.by_sessions,
            counts.refused,
            counts.reverted,
            counts.asked
        );
        row(entry, text)
    });
    let snforge = book.snforge.as_ref().map(|entry| {
        let counts = &entry.counts;
        let text = format!(
            "this account: {}; OpenZeppelin's with the components: {}",
            tests(&counts.session_account),
            tests(&counts.openzeppelin)
        );
        row(entry, text)
    });
    let mut text =
        "| run | came to | seed | of commit | class hash | ended (UTC) | took | with |\n\
                    | --- | --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for (what, row) in [
        ("[mutants](../tools/proof/mutants.toml)", mutants),
        ("[model](../harness/tests/model/main.rs)", model),
        ("[Cairo tests](../tests/src/lib.cairo)", snforge),
    ] {
        let row = row.unwrap_or_else(|| "not recorded yet | | | | | |".to_owned());
        text.push_str(&format!("| {what} | {row} |\n"));
    }
    text
}

fn tests(tally: &Tally) -> String {
    let Tally { passed, fuzzed, fuzzer_runs } = tally;
    format!("{passed} passed, none failed; {fuzzed} of them were fuzzed, in {fuzzer_runs} runs")
}

/// Returns the cells of a row after the first one.
fn row<T>(entry: &Entry<T>, counts: String) -> String {
    let Entry { date, origin, tools, seed, seconds, .. } = entry;
    let tools: Vec<_> = tools.iter().map(|(tool, version)| format!("{tool} {version}")).collect();
    format!(
        "{counts} | {seed} | `{}` | `{}` | {date} | {} | {}",
        short(&origin.commit),
        origin.class_hash,
        humantime::format_duration(Duration::from_secs(*seconds)),
        tools.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_has_a_row_and_what_is_not_recorded_says_so() {
        let json = r#"{
            "mutants": null, "model": null,
            "snforge": {
                "date": "2026-01-02T03:04:05Z", "commit": "0123456789abcdef", "class_hash": "0x7",
                "code_sha256": "89", "sources": ["tests/src"], "tools": { "snforge": "0.59.0" },
                "seed": 5, "seconds": 61,
                "counts": {
                    "session_account": { "passed": 3, "fuzzed": 2, "fuzzer_runs": 320 },
                    "openzeppelin": { "passed": 4, "fuzzed": 1, "fuzzer_runs": 64 }
                }
            }
        }"#;
        let table = table(&serde_json::from_str(json).expect("a record"));
        let cells = table.lines().map(|line| line.matches('|').count()).collect::<Vec<_>>();
        assert_eq!(cells, [9; 5], "{table}");
        assert_eq!(table.matches("not recorded yet").count(), 2);
        assert!(table.ends_with(
            "| this account: 3 passed, none failed; 2 of them were fuzzed, in 320 runs; OpenZeppelin's \
             with the components: 4 passed, none failed; 1 of them were fuzzed, in 64 runs | 5 | \
             `0123456789` | `0x7` | 2026-01-02T03:04:05Z | 1m 1s | snforge 0.59.0 |\n"
        ));
    }
}
