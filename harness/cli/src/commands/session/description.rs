//! A session as answers show it.

use serde_json::{Value, json};
use session_client::Fri;
use session_client::SessionContract;
use starknet_rust::core::types::Felt;

use super::shown::Shown;
use super::theft::Limits;
use crate::commands::abis::Abis;
use crate::commands::answer::{Answer, hex};
use crate::commands::caps::{self, Cap};
use crate::commands::chain::Chain;
use crate::commands::exit::Failure;

/// What a worst case is called: a sentence begins with it.
pub const IF_STOLEN: &str = "if_this_key_is_stolen";

/// A session as answers show it.
pub struct Description {
    pub exists: bool,
    /// The policies of the key, which there may be without a session.
    pub caps: Vec<Cap>,
    /// The key's fee limit, in FRI, which there may be without a session too.
    pub fee_limit: Option<Fri>,
    fields: Vec<(&'static str, Value)>,
    /// What a thief of the key could do; `None` if the session is not active.
    worst: Option<String>,
}

impl Description {
    /// Adds the description to `answer`, but for the worst case.
    pub fn tell(&self, answer: Answer) -> Answer {
        answer.with_all(self.fields.clone())
    }

    /// Ends `answer` with what a thief of the key could do.
    pub fn warn(&self, answer: Answer) -> Answer {
        answer.with(IF_STOLEN, self.worst.clone())
    }
}

/// Reads all that there is of the session of `session_key`.
pub async fn describe(
    chain: &Chain,
    contract: &SessionContract,
    session_key: Felt,
) -> Result<Description, Failure> {
    let data = contract.session_data(session_key).await?;
    let status = contract.session_status(session_key).await?;
    let fee_limit = contract.session_fee_limit(session_key).await?;
    let exists = data.max_calls != 0;
    let caps = Cap::all(chain, contract, session_key).await?;
    let now = chain.now().await?;
    let mut fields = vec![("session_key", json!(hex(session_key))), ("exists", json!(exists))];
    let mut worst = None;
    if exists {
        let shown = Shown::find(contract, session_key).await;
        let mut abis = Abis::new(chain);
        fields.extend([
            ("is_active", json!(status.is_active)),
            ("valid_until", json!(data.valid_until)),
            ("remaining_calls", json!(status.remaining_calls)),
            ("max_calls", json!(data.max_calls)),
            ("allowed_len", json!(status.allowed_len)),
            ("allowed_calls", shown.rows(&mut abis).await),
        ]);
        if status.is_active {
            let limits = Limits {
                list: &shown,
                caps: &caps,
                fee_limit,
                calls: status.remaining_calls,
                valid_until: data.valid_until,
            };
            worst = Some(limits.worst(&mut abis, now).await);
        }
    }
    fields.push(("fee_limit", fee_limit.map_or_else(|| json!("none"), |fri| json!(fee(fri)))));
    fields.push(("policies", caps::rows(&caps, now)));
    Ok(Description { exists, caps, fee_limit, fields, worst })
}

/// Says a fee limit in words.
pub fn fee(limit: Fri) -> String {
    if limit == Fri(0) { "0 STRK: through relayers only".to_owned() } else { limit.to_string() }
}
