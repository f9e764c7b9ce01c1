//! The page for people: what happened, rendered here, so that it reads without any script.

use std::fmt::{self, Write};
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde_json::{Value, json};
use starknet_rust_core::types::Felt;

use super::chain;
use super::history::{Entry, Fate, Signer, Via};
use super::info::Info;
use super::services::Services;
use super::sessions::{Session, State};

const STYLE: &str = include_str!("page/style.css");
/// Puts the page's next state in place of this one, every two seconds.
const LIVE: &str = include_str!("page/live.js");
/// Nothing but the page's own two files: what strangers send is shown here.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'";

/// The page, and the same as JSON. Posting to the page is JSON-RPC, as the devnet has it.
pub fn routes() -> Router<Arc<Services>> {
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
    let mut html = String::new();
    // Writing into a String cannot fail.
    let _ = write_page(&mut html, &services.info, &sessions, &history.latest(), history.count());
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(html))
}

fn write_page(
    html: &mut String,
    info: &Info,
    sessions: &[Session],
    entries: &[Entry],
    count: u64,
) -> fmt::Result {
    html.push_str(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <title>Session sandbox</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n\
         <noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>\n\
         <script src=\"/live.js\" defer></script>\n<h1>Session sandbox</h1>\n<main>\n",
    );
    write_services(html, info)?;
    write_accounts(html, info, sessions)?;
    write_sessions(html, sessions)?;
    write_entries(html, entries, count)?;
    html.push_str("</main>\n</html>\n");
    Ok(())
}

fn write_services(html: &mut String, info: &Info) -> fmt::Result {
    html.push_str("<dl>\n");
    for (name, value) in [
        ("JSON-RPC", info.rpc_url.as_str()),
        ("WebSocket", &info.ws_url),
        ("Paymaster (SNIP-29)", &info.paymaster_url),
        ("Chipi (alphaUrl)", &info.chipi_url),
    ] {
        writeln!(html, "<dt>{name}<dd><code>{}</code>", escaped(value))?;
    }
    writeln!(html, "<dt>Class hash<dd><code>{:#x}</code>\n</dl>", info.class_hash)
}

fn write_accounts(html: &mut String, info: &Info, sessions: &[Session]) -> fmt::Result {
    html.push_str(
        "<h2>Accounts</h2>\n<table id=\"accounts\">\n<tr><th>Address<th>Owner's public key\
         <th>Active sessions\n",
    );
    for account in &info.accounts {
        let of_account = sessions.iter().filter(|it| it.account == account.address);
        let active = of_account.filter(|it| it.is_active).count();
        writeln!(
            html,
            "<tr><td>{}<td>{}<td>{active}",
            code(account.address),
            code(account.public_key)
        )?;
    }
    html.push_str("</table>\n");
    Ok(())
}

fn write_sessions(html: &mut String, sessions: &[Session]) -> fmt::Result {
    html.push_str(
        "<h2>Sessions</h2>\n<table id=\"sessions\">\n<tr><th>Session key<th>Account<th>State\
         <th>Transactions left<th>Until<th>May call\n",
    );
    for session in sessions {
        let class = if session.is_active { "active" } else { "ended" };
        writeln!(
            html,
            "<tr class=\"{class}\"><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}",
            code(session.session_key),
            code(session.account),
            state(session.state),
            session.remaining_calls,
            until(session),
            escaped(&allowed(session)),
        )?;
    }
    html.push_str("</table>\n");
    Ok(())
}

/// What a session may call, as far as its list is kept.
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

fn until(session: &Session) -> String {
    match session.state {
        State::Revoked => String::new(),
        _ => format!("<time>{}</time>", session.valid_until),
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

fn write_entries(html: &mut String, entries: &[Entry], count: u64) -> fmt::Result {
    writeln!(
        html,
        "<h2>Transactions</h2>\n<p>{count} in all, the last {} below.\n<table id=\"transactions\">\n\
         <tr><th>#<th>When<th>Through<th>Account<th>Signed by<th>Calls<th>Outcome",
        entries.len(),
    )?;
    for entry in entries {
        write!(
            html,
            "<tr class=\"{}\"><td>{}<td><time>{}</time><td>{}<td>{}<td>{}<td>{}<td>",
            status(&entry.fate),
            entry.number,
            entry.time,
            through(entry.via),
            code(entry.account),
            signer(&entry.signer),
            escaped(&entry.calls.join(", ")),
        )?;
        write_fate(html, &entry.fate)?;
    }
    html.push_str("</table>\n");
    Ok(())
}

fn write_fate(html: &mut String, fate: &Fate) -> fmt::Result {
    match fate {
        Fate::Accepted { transaction_hash, l2_gas } => {
            writeln!(html, "accepted {}, {l2_gas} L2 gas", code(*transaction_hash))
        }
        Fate::Refused { transaction_hash, rule, explanation } => {
            html.push_str(if transaction_hash.is_some() { "reverted " } else { "refused " });
            if let Some(hash) = transaction_hash {
                html.push_str(&code(*hash));
            }
            if let Some(rule) = rule {
                write!(html, "<strong class=\"rule\">{}</strong>", escaped(rule))?;
            }
            writeln!(html, "<pre>{}</pre>", escaped(explanation))
        }
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

fn signer(signer: &Signer) -> String {
    match signer {
        Signer::Owner => "owner".to_owned(),
        Signer::Session { session_key } => format!("session {}", code(*session_key)),
        Signer::Unknown { felts } => format!("nobody: {felts} felts"),
    }
}

/// Short, with the whole on hovering.
fn code(felt: Felt) -> String {
    let hex = format!("{felt:#x}");
    match (hex.get(..8), hex.get(hex.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if hex.len() > 14 => {
            format!("<code title=\"{hex}\">{head}…{tail}</code>")
        }
        _ => format!("<code>{hex}</code>"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_send_is_text_and_no_markup() {
        let fate = Fate::Refused {
            transaction_hash: None,
            rule: Some("Session: expired".to_owned()),
            explanation: "<script>alert(\"&\")</script>".to_owned(),
        };
        let mut html = String::new();
        write_fate(&mut html, &fate).unwrap();
        assert!(html.contains("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;"), "{html}");
        assert!(html.contains("<strong class=\"rule\">Session: expired</strong>"), "{html}");
    }
}
