use serde::Serialize;

use crate::demo::verdict::Verdict;

/// An event of the demo's report.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A chapter starts.
    Chapter { title: &'a str },
    /// A step is running.
    Trying { step: u32, tried: &'a str },
    /// A step has ended.
    Step {
        step: u32,
        chapter: &'a str,
        tried: &'a str,
        ok: bool,
        /// The expected result, if the step had another one.
        #[serde(skip_serializing_if = "Option::is_none")]
        expected: Option<&'a str>,
        came: String,
        /// `None` if no transaction of the step is in a block.
        transaction_hash: Option<String>,
        /// In units of gas.
        l2_gas: Option<u64>,
    },
    /// Steps that do not run.
    NotRun { chapter: &'a str, what: &'a str },
    /// The demo has ended.
    End { ok: bool, steps: u32, failed: u32, seconds: f64 },
}

impl<'a> Event<'a> {
    /// Returns the event of a step that ended with `verdict`.
    pub fn of_step<T>(
        step: u32,
        chapter: &'a str,
        tried: &'a str,
        verdict: &'a Verdict<T>,
    ) -> Self {
        let (expected, came, transaction) = match verdict {
            Ok(reply) => (None, &reply.said, reply.transaction),
            Err(mismatch) => (Some(&*mismatch.expected), &mismatch.came, mismatch.transaction),
        };
        Self::Step {
            step,
            chapter,
            tried,
            ok: verdict.is_ok(),
            expected,
            came: on_one_line(came),
            transaction_hash: transaction.map(|it| it.hash.to_fixed_hex_string()),
            l2_gas: transaction.map(|it| it.l2_gas),
        }
    }
}

/// Puts `text` on one line, since errors of the chain have many lines.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
