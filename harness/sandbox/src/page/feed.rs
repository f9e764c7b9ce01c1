//! Renders the transactions, the latest first.

use maud::{Markup, html};
use starknet_rust::core::types::Felt;

use super::super::history::{Entry, Fate, Payer, Via};
use super::super::info::Info;
use super::super::signer::Signer;
use super::super::words;
use super::parts::{data, lines, refusal, short, time, unbroken, whole as whole_text};
use super::{cards, places};

/// How many calls a row names, and how many characters of a refusal's sentence it shows.
const CALLS: usize = 3;
const SENTENCE: usize = 400;

/// Shows `entries`, the last of `count` transactions, and for the script the chain's `opening`.
pub fn section(info: &Info, opening: &str, entries: &[Entry], count: u64) -> Markup {
    html! {
        section #feed aria-labelledby="feed-title" data-opening=(opening) {
            h2 #feed-title { "What happened" }
            p.count {
                @match (count, entries.len()) {
                    (0, _) => { "Nothing yet. Paste this into a terminal, in an empty folder:" }
                    (1, _) => { "1 transaction" }
                    (count, shown) if shown as u64 == count => { (count) " transactions, the latest first" }
                    (count, shown) => { (count) " transactions, the latest " (shown) " here" }
                }
            }
            @if count == 0 {
                (lines(&places::snippet(info), "the snippet"))
            } @else {
                ol #transactions reversed { @for entry in entries { (row(info, entry)) } }
            }
        }
    }
}

fn row(info: &Info, entry: &Entry) -> Markup {
    html! {
        li id=(format!("transaction-{}", entry.number)) class=(status(&entry.fate)) {
            details {
                summary {
                    span.line {
                        (badge(&entry.fate))
                        " "
                        strong { (calls(entry)) }
                    }
                    @if let Fate::Refused { rule, explanation, .. } = &entry.fate {
                        span.line.why {
                            @if let Some(rule) = rule { span.rule { (rule) } ": " }
                            (sentence(rule.as_deref(), explanation))
                        }
                        @if let Some(numbers) = explanation.lines().nth(1) {
                            span.line.why { (cut(&cards::named(numbers))) }
                        }
                    }
                    span.line.by {
                        (signer(&entry.signer)) ", " (through(entry.via)) ", " (payer(info, entry))
                        @if let Some(left) = entry.calls_left { ", " (left) " left" }
                        ", " (time(entry.time))
                    }
                }
                div.body { a href=(format!("/transactions/{}", entry.number)) { "All of it" } }
            }
        }
    }
}

/// Shows all that is kept of a transaction of the chain with this `opening`.
pub fn whole(info: &Info, opening: &str, entry: &Entry) -> Markup {
    // Several transactions may be open, so a screen reader needs different names for them.
    let of = |what: &str| format!("{what} of transaction {}", entry.number);
    let lines = |text: &str, what: &str| lines(text, &of(what));
    let data = |text: &str, what: &str| data(text, &of(what));
    html! {
        div.whole-entry data-opening=(opening) {
            p { (badge(&entry.fate)) " " (calls(entry)) }
            @if let Fate::Refused { explanation, .. } = &entry.fate {
                (refusal(explanation, &of("the refusal")))
            }
            dl {
                dt { "When" } dd { (time(entry.time)) " UTC, by the chain's clock" }
                dt { "Account" } dd { (whole_text(format!("{:#x}", entry.account), "the account")) }
                dt { "Signed by" } dd { (signer_whole(&entry.signer)) }
                dt { "Paid" } dd { (payer_whole(info, entry)) }
                @if let Some(hash) = hash(&entry.fate) {
                    dt { "Transaction" }
                    dd { (whole_text(format!("{hash:#x}"), "the transaction's hash")) }
                }
                @if let Fate::Accepted { l2_gas, fee, .. } = &entry.fate {
                    dt { "Cost" } dd { (words::grouped(*l2_gas)) " L2 gas, " (words::fee(fee)) }
                }
            }
            @for (index, call) in entry.details.iter().enumerate() {
                h3 { "Call " (index + 1) ": " (call.words) }
                (data(&call_lines(call), &format!("call {}", index + 1)))
            }
            @if entry.calls_len > entry.details.len() {
                p { (entry.calls_len - entry.details.len()) " more calls" }
            }
            h3 { "Signature" }
            (data(&pretty(&entry.signature), "the signature"))
            @if let Some(typed_data) = &entry.typed_data {
                h3 { "Typed data" }
                (data(typed_data, "the typed data"))
            }
            @if let Some(sent) = &entry.sent {
                h3 { "Repeat it" }
                (data(&repeat(info, &sent.path, &sent.body), "the repeating line"))
            }
            @if let Fate::Refused { trace, .. } = &entry.fate {
                @if !trace.is_empty() {
                    h3 { "What the chain said" }
                    (lines(trace, "the chain's words"))
                }
            }
        }
    }
}

fn call_lines(call: &super::super::history::CallShown) -> String {
    let calldata = pretty(&call.calldata);
    let shown = call.calldata.as_array().map_or(0, Vec::len);
    let more = match call.calldata_len - shown {
        0 => String::new(),
        more => format!("\n{more} more felts"),
    };
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    format!(
        "contract {}\nselector {}\ncalldata {calldata}{more}",
        text(&call.to),
        text(&call.selector)
    )
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Returns a shell command that sends `body` again.
fn repeat(info: &Info, path: &str, body: &str) -> String {
    // Between single quotes a shell changes nothing; only a single quote itself must be escaped.
    let body = body.replace('\'', r"'\''");
    // AVNU's paymaster requires a key of those that it sponsors; here any will do.
    let key = if path == "paymaster" { " -H 'x-paymaster-api-key: any'" } else { "" };
    format!(
        "curl -s -H 'content-type: application/json'{key} '{}{path}' -d '{body}'",
        info.page_url
    )
}

fn calls(entry: &Entry) -> Markup {
    let told = entry.told.get(..CALLS).unwrap_or(&entry.told).join(", ");
    let more = entry.told.len().saturating_sub(CALLS) + (entry.calls_len - entry.details.len());
    html! {
        @if told.is_empty() { "no call" } @else { (unbroken(&told)) }
        @if more > 0 { " and " (more) " more" }
    }
}

/// Returns the sentence of `explanation` without the rule's name before it.
fn sentence(rule: Option<&str>, explanation: &str) -> String {
    let first = explanation.lines().next().unwrap_or_default();
    let rule = rule.map(|it| format!("{it}: ")).unwrap_or_default();
    cut(first.strip_prefix(&rule).unwrap_or(first))
}

fn cut(line: &str) -> String {
    line.chars().take(SENTENCE).collect()
}

fn badge(fate: &Fate) -> Markup {
    let (class, text) = match fate {
        Fate::Accepted { .. } => ("good", "accepted"),
        Fate::Refused { transaction_hash: Some(_), .. } => ("bad", "reverted"),
        Fate::Refused { transaction_hash: None, .. } => ("bad", "refused"),
    };
    html! { span.badge.(class) { (text) } }
}

const fn status(fate: &Fate) -> &'static str {
    match fate {
        Fate::Accepted { .. } => "accepted",
        Fate::Refused { .. } => "refused",
    }
}

const fn hash(fate: &Fate) -> Option<Felt> {
    match fate {
        Fate::Accepted { transaction_hash, .. } => Some(*transaction_hash),
        Fate::Refused { transaction_hash, .. } => *transaction_hash,
    }
}

fn signer(signer: &Signer) -> Markup {
    html! {
        @match signer {
            Signer::Owner => { "signed by the owner" }
            Signer::Session { session_key } => { "signed by session " (short(*session_key)) }
            Signer::Unknown { felts: 0 } => { "signed by nobody" }
            Signer::Unknown { felts } => { "signed by no key that is known: " (felts) " felts" }
        }
    }
}

fn signer_whole(signer: &Signer) -> Markup {
    html! {
        @match signer {
            Signer::Owner => { "the owner" }
            Signer::Session { session_key } => {
                "session " (whole_text(format!("{session_key:#x}"), "the session's key"))
            }
            Signer::Unknown { felts: 0 } => { "nobody" }
            Signer::Unknown { felts } => { "no key that is known: " (felts) " felts" }
        }
    }
}

/// Returns the account that paid the chain, and what the user paid for it.
fn paid(entry: &Entry) -> (Felt, Option<&str>) {
    match &entry.payer {
        Payer::Account => (entry.account, None),
        Payer::Other { address } => (*address, None),
        Payer::Token { paid, relayer } => (*relayer, Some(paid)),
    }
}

fn payer(info: &Info, entry: &Entry) -> Markup {
    let (address, with) = paid(entry);
    html! {
        @match (&entry.fate, with) {
            // The transaction is in no block, so nobody paid.
            (Fate::Refused { transaction_hash: None, .. }, _) => { "nothing paid" }
            (_, Some(with)) => { "paid with " (with) }
            (_, None) => {
                "paid by "
                @match info.name_of(address) {
                    Some(name) => { (name) }
                    None => { (short(address)) }
                }
            }
        }
    }
}

fn payer_whole(info: &Info, entry: &Entry) -> Markup {
    let (address, with) = paid(entry);
    html! {
        @if matches!(entry.fate, Fate::Refused { transaction_hash: None, .. }) {
            "nothing: it is in no block"
        } @else {
            @if let Some(with) = with { (with) " by the account; the fee " }
            "by "
            @if let Some(name) = info.name_of(address) { (name) ", " }
            (whole_text(format!("{address:#x}"), "the address of the account that paid"))
        }
    }
}

const fn through(via: Via) -> &'static str {
    match via {
        Via::Rpc => "sent by JSON-RPC",
        Via::Paymaster => "sent through the paymaster",
        Via::Chipi => "sent through Chipi's endpoints",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_send_is_text_and_no_markup() {
        let told = sentence(Some("Session: expired"), "Session: expired: <script>\nmore");
        assert_eq!(told, "<script>");
        let html = html! { (told) (lines("<b>\"&\"</b>", "x")) }.into_string();
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(html.contains("&lt;b&gt;&quot;&amp;&quot;&lt;/b&gt;"), "{html}");
    }
}
