//! The page for people: what happened, rendered here, so that it reads without any script.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde_json::{Value, json};
use starknet_rust::core::types::Felt;

use super::chain;
use super::history::{Entry, Fate, Signer, Via};
use super::info::Info;
use super::reset::Chains;
use super::services::Services;
use super::sessions::{Session, State};

const STYLE: &str = include_str!("page/style.css");
/// Puts the page's next state in place of this one, every two seconds.
const LIVE: &str = include_str!("page/live.js");
/// Nothing but the page's own two files: what strangers send is shown here.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'";

/// Serves the page, and the same as JSON. Posting to the page is JSON-RPC, as the devnet has it.
pub fn routes() -> Router<Chains> {
    Router::new()
        .route("/", get(page).post(chain::answer))
        .route("/style.css", get(|| async { ([(CONTENT_TYPE, "text/css")], STYLE) }))
        .route("/live.js", get(|| async { ([(CONTENT_TYPE, "text/javascript")], LIVE) }))
        .route("/info.json", get(info))
        .route("/state.json", get(state_json))
}

async fn info(extract::State(services): extract::State<Arc<Services>>) -> Json<Info> {
    Json(services.info.clone())
}

async fn state_json(extract::State(services): extract::State<Arc<Services>>) -> Json<Value> {
    let history = services.sponsor.history();
    let sessions = services.sessions.latest().await;
    Json(json!({
        "sessions": sessions,
        "transactions": history.latest(),
        "transaction_count": history.count(),
    }))
}

async fn page(extract::State(services): extract::State<Arc<Services>>) -> impl IntoResponse {
    let history = services.sponsor.history();
    let sessions = services.sessions.latest().await;
    let html = document(&services.info, &sessions, &history.latest(), history.count());
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(html.into_string()))
}

fn document(info: &Info, sessions: &[Session], entries: &[Entry], count: u64) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Session sandbox" }
                link rel="stylesheet" href="/style.css";
                noscript { meta http-equiv="refresh" content="2"; }
                script src="/live.js" defer {}
            }
            body {
                h1 { "Session sandbox" }
                main {
                    (endpoints(info))
                    h2 { "Accounts" }
                    (accounts(info, sessions))
                    h2 { "Sessions" }
                    (session_table(sessions))
                    h2 { "Transactions" }
                    p { (count) " in all, the last " (entries.len()) " below." }
                    (transactions(entries))
                }
            }
        }
    }
}

fn endpoints(info: &Info) -> Markup {
    html! {
        dl {
            @for (name, url) in [
                ("JSON-RPC", &info.rpc_url),
                ("WebSocket", &info.ws_url),
                ("Paymaster (SNIP-29)", &info.paymaster_url),
                ("Chipi (alphaUrl)", &info.chipi_url),
            ] {
                dt { (name) }
                dd { code { (url) } }
            }
            dt { "Class hash" }
            dd { code { (format!("{:#x}", info.class_hash)) } }
        }
    }
}

fn accounts(info: &Info, sessions: &[Session]) -> Markup {
    let active =
        |address| sessions.iter().filter(|it| it.account == address && it.is_active).count();
    html! {
        table #accounts {
            (head(&["Address", "Owner's public key", "Active sessions"]))
            @for account in &info.accounts {
                tr {
                    td { (short(account.address)) }
                    td { (short(account.public_key)) }
                    td { (active(account.address)) }
                }
            }
        }
    }
}

fn session_table(sessions: &[Session]) -> Markup {
    html! {
        table #sessions {
            (head(&["Session key", "Account", "State", "Transactions left", "Until", "May call"]))
            @for session in sessions {
                tr class=(if session.is_active { "active" } else { "ended" }) {
                    td { (short(session.session_key)) }
                    td { (short(session.account)) }
                    td { (state(session.state)) }
                    td { (session.remaining_calls) }
                    td { @if session.state != State::Revoked { time { (session.valid_until) } } }
                    td { (allowed(session)) }
                }
            }
        }
    }
}

fn transactions(entries: &[Entry]) -> Markup {
    html! {
        table #transactions {
            (head(&["#", "When", "Through", "Account", "Signed by", "Calls", "Outcome"]))
            @for entry in entries {
                tr class=(status(&entry.fate)) {
                    td { (entry.number) }
                    td { time { (entry.time) } }
                    td { (through(entry.via)) }
                    td { (short(entry.account)) }
                    td { (signer(&entry.signer)) }
                    td { (entry.calls.join(", ")) }
                    td { (outcome(&entry.fate)) }
                }
            }
        }
    }
}

fn head(columns: &[&str]) -> Markup {
    html! { tr { @for column in columns { th { (column) } } } }
}

fn outcome(fate: &Fate) -> Markup {
    html! {
        @match fate {
            Fate::Accepted { transaction_hash, l2_gas } => {
                "accepted " (short(*transaction_hash)) ", " (l2_gas) " L2 gas"
            }
            Fate::Refused { transaction_hash, rule, explanation } => {
                @match transaction_hash {
                    Some(hash) => { "reverted " (short(*hash)) }
                    None => { "refused " }
                }
                @if let Some(rule) = rule { strong .rule { (rule) } }
                pre { (explanation) }
            }
        }
    }
}

fn signer(signer: &Signer) -> Markup {
    html! {
        @match signer {
            Signer::Owner => { "owner" }
            Signer::Session { session_key } => { "session " (short(*session_key)) }
            Signer::Unknown { felts } => { "nobody: " (felts) " felts" }
        }
    }
}

/// Shows it short, with the whole on hovering.
fn short(felt: Felt) -> Markup {
    let hex = format!("{felt:#x}");
    html! {
        @match (hex.get(..8), hex.get(hex.len().saturating_sub(4)..)) {
            (Some(head), Some(tail)) if hex.len() > 14 => {
                code title=(hex) { (head) "…" (tail) }
            }
            _ => { code { (hex) } }
        }
    }
}

/// Returns what a session may call, as far as its list is kept.
fn allowed(session: &Session) -> String {
    let Session { state, allowed_len, allowed, .. } = session;
    match (state, allowed_len) {
        (State::Revoked, _) => "nothing".to_owned(),
        (_, 0) => "anything".to_owned(),
        (_, length) => {
            let more = usize::try_from(*length).unwrap_or(usize::MAX).saturating_sub(allowed.len());
            let told = allowed.join(", ");
            if more == 0 { told } else { format!("{told}, {more} more") }
        }
    }
}

const fn state(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::Expired => "expired",
        State::UsedUp => "used up",
        State::Revoked => "revoked",
    }
}

const fn status(fate: &Fate) -> &'static str {
    match fate {
        Fate::Accepted { .. } => "accepted",
        Fate::Refused { .. } => "refused",
    }
}

const fn through(via: Via) -> &'static str {
    match via {
        Via::Rpc => "JSON-RPC",
        Via::Paymaster => "paymaster",
        Via::Chipi => "Chipi",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_send_is_text_and_no_markup() {
        let fate = Fate::Refused {
            transaction_hash: None,
            rule: Some("Session: expired".to_owned()),
            explanation: "<script>alert(\"&\")</script>".to_owned(),
        };
        let html = outcome(&fate).into_string();
        assert!(html.contains("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;"), "{html}");
        assert!(html.contains("<strong class=\"rule\">Session: expired</strong>"), "{html}");
    }
}
