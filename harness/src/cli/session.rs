//! `session`: a session's life, from its key to its end.

mod create;
mod execute;
mod list;
mod register;
mod revoke;
mod status;

use clap::Subcommand;
use serde_json::{Value, json};
use session_harness::{AllowedCall, SessionContract};
use starknet_rust_core::types::Felt;

use super::answer::hex;
use super::chain::Node;
use super::exit::Failure;
use super::options::Globals;
use super::value::strk;

/// Sessions: keys that may act for an account, within limits
#[derive(Subcommand, Debug)]
pub enum Session {
    Create(create::Create),
    Register(register::Register),
    Status(status::Status),
    List(list::List),
    Execute(execute::Execute),
    Revoke(revoke::Revoke),
    RevokeAll(revoke::RevokeAll),
}

impl Session {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(globals),
            Self::Register(register) => register.run(globals).await,
            Self::Status(status) => status.run(globals).await,
            Self::List(list) => list.run(globals).await,
            Self::Execute(execute) => execute.run(globals).await,
            Self::Revoke(revoke) => revoke.run(globals).await,
            Self::RevokeAll(revoke) => revoke.run(globals).await,
        }
    }
}

/// A session as answers show it, and whether there is one.
async fn describe(
    contract: &SessionContract<Node>,
    session_key: Felt,
) -> Result<(bool, Vec<(&'static str, Value)>), Failure> {
    let data = contract.session_data(session_key).await?;
    let status = contract.session_status(session_key).await?;
    let allowed = contract.session_allowed_calls(session_key).await?;
    let fee_limit = contract.session_fee_limit(session_key).await?;
    let exists = data.max_calls != 0;
    let mut fields = vec![("session_key", json!(hex(session_key))), ("exists", json!(exists))];
    if exists {
        fields.extend([
            ("is_active", json!(status.is_active)),
            ("valid_until", json!(data.valid_until)),
            ("remaining_calls", json!(status.remaining_calls)),
            ("max_calls", json!(data.max_calls)),
            ("allowed_calls", calls(&allowed)),
        ]);
    }
    let fee = fee_limit.map_or_else(|| json!("none"), |fri| json!(strk(fri)));
    fields.push(("fee_limit", fee));
    Ok((exists, fields))
}

fn calls(allowed: &[AllowedCall]) -> Value {
    if allowed.is_empty() {
        return json!("any, on any contract but the account");
    }
    let told = |call: &AllowedCall| {
        let to = if call.to == Felt::ZERO { "any".to_owned() } else { hex(call.to) };
        json!({ "contract": to, "selector": hex(call.selector) })
    };
    allowed.iter().map(told).collect()
}
