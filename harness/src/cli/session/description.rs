//! A session as answers show it.

use serde_json::{Value, json};
use session_harness::SessionContract;
use starknet_rust_core::types::Felt;

use super::shown::Shown;
use crate::cli::abis::Abis;
use crate::cli::answer::hex;
use crate::cli::chain::{Chain, Node};
use crate::cli::exit::Failure;
use crate::cli::value::strk;

/// A session as answers show it, and whether there is one.
pub async fn describe(
    chain: &Chain,
    contract: &SessionContract<Node>,
    session_key: Felt,
) -> Result<(bool, Vec<(&'static str, Value)>), Failure> {
    let data = contract.session_data(session_key).await?;
    let status = contract.session_status(session_key).await?;
    let fee_limit = contract.session_fee_limit(session_key).await?;
    let exists = data.max_calls != 0;
    let mut fields = vec![("session_key", json!(hex(session_key))), ("exists", json!(exists))];
    if exists {
        let shown = Shown::find(contract, session_key).await;
        fields.extend([
            ("is_active", json!(status.is_active)),
            ("valid_until", json!(data.valid_until)),
            ("remaining_calls", json!(status.remaining_calls)),
            ("max_calls", json!(data.max_calls)),
            ("allowed_len", json!(status.allowed_len)),
            ("allowed_calls", shown.rows(&mut Abis::new(chain)).await),
        ]);
    }
    fields.push(("fee_limit", fee_limit.map_or_else(|| json!("none"), |fri| json!(fee(fri)))));
    Ok((exists, fields))
}

/// A fee limit, in words.
pub fn fee(limit: u128) -> String {
    if limit == 0 { "0 STRK: through relayers only".to_owned() } else { strk(limit) }
}
