//! The page for people. It shows what happened, and is rendered here, so that it can be read without a
//! script.

mod cards;
mod feed;
mod parts;
mod places;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde_json::{Value, json};

use super::history::{SENT, UNSENT};
use super::info::Info;
use super::problem::problem;
use super::reset::Chains;
use super::services::Services;

const STYLE: &str = include_str!("page/style.css");
/// The script that shows new content every two seconds and leaves the rest of the page alone.
const LIVE: &str = include_str!("page/live.js");
const ICON: &str = include_str!("page/icon.svg");
/// Browsers load only the page's own files, since the page shows what strangers send.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'";

/// Returns the routes of the page, and of the same data as JSON.
pub fn routes() -> Router<Chains> {
    Router::new()
        .route("/", get(page))
        .route("/transactions/{number}", get(transaction))
        .route("/style.css", get(|| async { ([(CONTENT_TYPE, "text/css")], STYLE) }))
        .route("/live.js", get(|| async { ([(CONTENT_TYPE, "text/javascript")], LIVE) }))
        .route("/icon.svg", get(|| async { ([(CONTENT_TYPE, "image/svg+xml")], ICON) }))
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
        "opening": services.opening,
        "sessions": sessions,
        "transactions": history.latest(),
        "transaction_count": history.counts().sent,
        "unsent_count": history.counts().unsent,
    }))
}

async fn page(extract::State(services): extract::State<Arc<Services>>) -> Response {
    let history = services.sponsor.history();
    let sessions = services.sessions.latest().await;
    let now = services.node.now().await.ok();
    show(html! {
        header {
            h1 { "Session sandbox" }
            @if let Some(now) = now {
                p #clock { "Chain's clock " (parts::time(now)) " UTC" }
            }
            nav aria-label="On this page" {
                a href="#sessions" { "Sessions" } " " a href="#places" { "Where everything is" }
            }
            p #notice role="status" {}
        }
        main {
            (feed::section(&services.info, &services.opening, &history.latest(), history.counts()))
            (cards::section(&sessions))
            (places::section(&services.info, &sessions))
        }
    })
}

/// Shows all that is kept of one transaction.
async fn transaction(
    extract::State(services): extract::State<Arc<Services>>,
    number: Result<extract::Path<String>, PathRejection>,
) -> Response {
    // A path that is no text is no number either.
    let number = number.ok().and_then(|it| it.parse().ok());
    match number.and_then(|it| services.sponsor.history().entry(it)) {
        Some(entry) => show(html! {
            header { h1 { "Transaction " (entry.number) } p { a href="/" { "All of them" } } }
            main { (feed::whole(&services.info, &services.opening, &entry)) }
        }),
        None => {
            let told = format!(
                "no such transaction is remembered: the last {SENT} that were sent are, and the last {UNSENT} that \
                 were refused before, since the last reset"
            );
            problem(StatusCode::NOT_FOUND, "NOT_FOUND", &told)
        }
    }
}

fn show(body: Markup) -> Response {
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(document(&body).into_string())).into_response()
}

fn document(body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Session sandbox" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="/icon.svg";
                noscript { meta http-equiv="refresh" content="5"; }
                script src="/live.js" defer {}
            }
            body { (body) }
        }
    }
}
