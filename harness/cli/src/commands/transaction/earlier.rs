//! What became of transactions that an earlier run sent and nobody saw the end of.

use serde_json::{Value, json};
use session_client::{Finality, Outcome, Status, Submission};

use super::desk::Desk;
use super::progress::OVERTAKEN;
use crate::commands::answer::hex;
use crate::commands::intent::{Intent, is_done_once};

/// What became of earlier transactions.
#[derive(Default)]
pub struct Earlier {
    /// What is told of each.
    told: Vec<Value>,
    /// Those that nobody need ask for any more once this was told.
    over: Vec<Submission>,
}

impl Earlier {
    /// Tells on stderr what became of transactions of `intent`'s payer. What the node does not say is left
    /// open. A payment that landed is left in the journal too, for who runs its command again.
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

    /// Returns what is told, if there is anything.
    pub fn told(&self) -> Option<Value> {
        (!self.told.is_empty()).then(|| self.told.clone().into())
    }

    /// Takes out of the journal what is over, now that it was told.
    pub fn settle(&self) {
        for submission in &self.over {
            // If that fails, it is told once more, which harms nothing.
            let _ = submission.settle();
        }
    }
}

/// What became of a transaction.
struct Fate {
    words: String,
    /// The same for scripts.
    became: &'static str,
    /// What the chain says of it, if it reverted.
    reason: Option<String>,
    /// Whether it is in a block, or can never be; `None` while it is on its way.
    is_executed: Option<bool>,
}

/// Says what became of a transaction; `None` if the node does not say.
async fn fate(desk: &Desk, submission: &Submission) -> Option<Fate> {
    let of = |words: &str, became, is_executed| Fate {
        words: words.to_owned(),
        became,
        reason: None,
        is_executed,
    };
    Some(match submission.status().await.ok()? {
        Status::Unknown if submission.is_overtaken().await.ok()? => {
            of(OVERTAKEN, "overtaken", Some(false))
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
                _ => of(status.words(), "executed", Some(true)),
            }
        }
        status => of(status.words(), "on_its_way", None),
    })
}
