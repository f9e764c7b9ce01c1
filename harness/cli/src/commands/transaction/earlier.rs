//! Reports transactions that an earlier run sent and whose result nobody saw.

use serde_json::{Value, json};
use session_client::{Finality, Outcome, Status, Submission};

use super::alternatives::possible;
use super::desk::Desk;
use super::progress::OVERTAKEN;
use crate::commands::answer::hex;
use crate::commands::intent::{Intent, is_done_once};

/// The results of earlier transactions.
#[derive(Default)]
pub struct Earlier {
    /// What is reported of each.
    told: Vec<Value>,
    /// Transactions that the journal can forget after this report.
    over: Vec<Submission>,
}

impl Earlier {
    /// Reports on stderr the results of earlier transactions of `intent`'s payer. Those that the node does
    /// not know stay in the journal. A payment that was included stays too, for a user who runs its command
    /// again.
    pub async fn of(desk: &Desk, intent: &Intent<'_>) -> Self {
        let mut earlier = Self::default();
        for submission in desk.chain.node.unsettled(intent.payer).unwrap_or_default() {
            let Some(Fate { words, became, reason, is_executed }) = fate(desk, &submission).await
            else {
                continue;
            };
            let hash = hex(submission.hash());
            desk.printer.warn(format!("an earlier run's transaction {hash} {words}"));
            earlier.told.push(json!({ "transaction": hash, "became": became, "reason": reason }));
            let is_over = match is_executed {
                Some(true) => is_done_once(submission.entry()) || intent.is_of(submission.entry()),
                Some(false) => true,
                None => false,
            };
            if is_over {
                earlier.over.push(submission);
            }
        }
        earlier
    }

    /// Returns the report, if there is one.
    pub fn told(&self) -> Option<Value> {
        (!self.told.is_empty()).then(|| self.told.clone().into())
    }

    /// Reports that another transaction was included at the nonce of `submission`: one that does what `intent`
    /// says.
    pub fn lost_its_place(&mut self, submission: Submission, intent: &Intent<'_>) {
        let became = if intent.is_of(submission.entry()) { "replaced" } else { "overtaken" };
        let hash = json!(hex(submission.hash()));
        self.told.retain(|it| it["transaction"] != hash);
        self.told.push(json!({ "transaction": hash, "became": became, "reason": null }));
        self.over.push(submission);
    }

    /// Removes from the journal what was reported and is over.
    pub fn settle(&self) {
        for submission in &self.over {
            // If this fails, the next command reports the transaction again, which does no harm.
            let _ = submission.settle();
        }
    }
}

/// What became of a transaction.
struct Fate {
    words: String,
    /// The same result, as scripts read it.
    became: &'static str,
    /// What the chain says of it, if it reverted.
    reason: Option<String>,
    /// Whether the transaction is in a block, or can never be in one; `None` while it may still be included.
    is_executed: Option<bool>,
}

/// Returns the result of a transaction; `None` if the node does not know it.
async fn fate(desk: &Desk, submission: &Submission) -> Option<Fate> {
    let of = |words: &str, became, is_executed| Fate {
        words: words.to_owned(),
        became,
        reason: None,
        is_executed,
    };
    Some(match submission.status().await.ok()? {
        Status::Unknown if submission.is_overtaken().await.ok()? => {
            match possible(submission).await.ok()? {
                // That one is told of, and both are over with it.
                Some(other) => {
                    let words = format!(
                        "was replaced by {}, which makes the same calls",
                        hex(other.hash())
                    );
                    of(&words, "replaced", None)
                }
                None => of(OVERTAKEN, "overtaken", Some(false)),
            }
        }
        Status::Unknown => return None,
        status @ Status::Executed(finality) if finality >= Finality::AcceptedOnL2 => {
            let found = Outcome::find(desk.chain.node.provider(), submission.hash()).await;
            match found.ok()? {
                Some(Outcome { reverted: Some(why), .. }) => Fate {
                    words: format!("reverted: {why}"),
                    became: "reverted",
                    reason: Some(why.to_string()),
                    is_executed: Some(true),
                },
                Some(_) => of("is in a block, and succeeded", "executed", Some(true)),
                None => of(status.words(), "executed", Some(true)),
            }
        }
        status => of(status.words(), "on_its_way", None),
    })
}
