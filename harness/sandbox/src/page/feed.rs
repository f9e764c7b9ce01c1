//! Renders the transactions, the latest first.

use maud::{Markup, html};
use starknet_rust::core::types::Felt;

use super::super::history::{Counts, Entry, Fate, Payer, Step, Via};
use super::super::info::Info;
use super::super::signer::Signer;
use super::super::words;
use super::parts::{data, lines, refusal, short, time, unbroken, whole as whole_text};
use super::{cards, places};

/// How many calls a row names, how many lines of a refusal it shows after the sentence, and how many characters of
/// each of them.
const CALLS: usize = 3;
const NUMBERS: usize = 2;
const SENTENCE: usize = 400;

/// Shows `entries`, the last of those that `counts` counts, and for the script the chain's `opening`.
pub fn section(info: &Info, opening: &str, entries: &[Entry], counts: Counts) -> Markup {
    html! {
        section #feed aria-labelledby="feed-title" data-opening=(opening) {
            h2 #feed-title { "What happened" }
            p.count {
                @if counts.all() == 0 {
                    "Nothing yet. Paste this into a terminal, in an empty folder:"
                } @else {
                    (counted(counts, entries.len() as u64))
                }
            }
            @if counts.all() == 0 {
                (lines(&places::snippet(info), "the snippet"))
            } @else {
                ol #transactions reversed { @for entry in entries { (row(info, entry)) } }
            }
        }
    }
}

/// Says how many transactions there were, `shown` of which are on the page.
fn counted(counts: Counts, shown: u64) -> String {
    let sent = match counts.sent {
        1 => "1 transaction".to_owned(),
        sent => format!("{sent} transactions"),
    };
    let unsent = match counts.unsent {
        0 => String::new(),
        1 => " and 1 that was refused before it was sent".to_owned(),
        unsent => format!(" and {unsent} that were refused before they were sent"),
    };
    let order = match counts.all() {
        1 => String::new(),
        all if all == shown => ", the latest first".to_owned(),
        _ => format!("; the latest {shown} are here"),
    };
    sent + &unsent + &order
}

fn row(info: &Info, entry: &Entry) -> Markup {
    html! {
        li id=(format!("transaction-{}", entry.number)) class={ (status(&entry.fate)) @if !entry.is_sent() { " unsent" } } {
            details {
                summary {
                    span.line {
                        (badge(entry))
                        " "
                        strong { (calls(entry)) }
                    }
                    @if let Fate::Refused { rule, explanation, .. } = &entry.fate {
                        span.line.why {
                            @if let Some(rule) = rule { span.rule { (rule) } ": " }
                            (sentence(rule.as_deref(), explanation))
                        }
                        @for numbers in explanation.lines().skip(1).take(NUMBERS) {
                            span.line.why { (cut(&cards::named(numbers))) }
                        }
                    }
                    span.line.by {
                        (signer(entry)) ", " (through(entry)) ", " (payer(info, entry))
                        @if let Some(left) = entry.calls_left { ", " (left) " left" }
                        @if let Some(at) = entry.time { ", " (time(at)) }
                        (times(entry))
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
            p { (badge(entry)) " " (calls(entry)) }
            @if let Fate::Refused { explanation, .. } = &entry.fate {
                (refusal(explanation, &of("the refusal")))
            }
            dl {
                dt { "When" }
                dd {
                    @match entry.time {
                        Some(at) => { (time(at)) " UTC, by the chain's clock" }
                        None => { "unknown: the node did not tell the time" }
                    }
                    (times(entry))
                }
                dt { "Account" } dd { (whole_text(format!("{:#x}", entry.account), "the account")) }
                dt { "Signed by" } dd { (signer_whole(entry)) }
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
            @if entry.step != Step::Build {
                h3 { "Signature" }
                (data(&pretty(&entry.signature), "the signature"))
            }
            @if let Some(typed_data) = &entry.typed_data {
                h3 { "Typed data" }
                (data(typed_data, "the typed data"))
            }
            @if let Some(body) = &entry.request.body {
                h3 { "Repeat it" }
                (data(&repeat(info, &entry.request.path, body), "the repeating line"))
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
        @if !told.is_empty() {
            (unbroken(&told))
        } @else if entry.is_sent() {
            "no call"
        } @else {
            "calls that cannot be read"
        }
        @if more > 0 { " and " (more) " more" }
    }
}

/// Returns the sentence of `explanation` without the rule's name before it.
fn sentence(rule: Option<&str>, explanation: &str) -> String {
    let first = explanation.lines().next().unwrap_or_default();
    let rule = rule.map(|it| format!("{it}: ")).unwrap_or_default();
    cut(first.strip_prefix(&rule).unwrap_or(first))
}

/// Cuts a line to what a row has room for. The page shows no Markdown, so backticks are left out.
fn cut(line: &str) -> String {
    line.chars().filter(|it| *it != '`').take(SENTENCE).collect()
}

/// Shows how often the same was refused. The script keeps this up to date, in a row that is open too.
fn times(entry: &Entry) -> Markup {
    html! {
        @if !entry.is_sent() {
            span.times { @if entry.times > 1 { ", " (entry.times) " times" } }
        }
    }
}

fn badge(entry: &Entry) -> Markup {
    let (class, text) = match (&entry.fate, entry.step) {
        (Fate::Accepted { .. }, _) => ("good", "accepted"),
        (Fate::Refused { .. }, Step::Estimate) => ("bad", "refused at the estimate"),
        (Fate::Refused { .. }, Step::Simulate) => ("bad", "refused at the simulation"),
        (Fate::Refused { .. }, Step::Build) => ("bad", "refused before signing"),
        (Fate::Refused { transaction_hash: Some(_), .. }, Step::Send) => ("bad", "reverted"),
        (Fate::Refused { transaction_hash: None, .. }, Step::Send) => ("bad", "refused"),
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

fn signer(entry: &Entry) -> Markup {
    html! {
        @match &entry.signer {
            _ if entry.step == Step::Build => { "not signed yet" }
            Signer::Owner => { "signed by the owner" }
            Signer::Session { session_key } => { "signed by session " (short(*session_key)) }
            Signer::Unknown { felts: 0 } if !entry.is_sent() => { "without a signature" }
            Signer::Unknown { felts: 0 } => { "signed by nobody" }
            Signer::Unknown { felts } => { "signed by no key that is known: " (felts) " felts" }
        }
    }
}

fn signer_whole(entry: &Entry) -> Markup {
    html! {
        @match &entry.signer {
            _ if entry.step == Step::Build => { "nobody yet" }
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
        // What was not sent is not paid, which is shown then.
        None | Some(Payer::Account) => (entry.account, None),
        Some(Payer::Other { address }) => (*address, None),
        Some(Payer::Token { paid, relayer }) => (*relayer, Some(paid)),
    }
}

fn payer(info: &Info, entry: &Entry) -> Markup {
    let (address, with) = paid(entry);
    html! {
        @match (&entry.fate, with) {
            _ if !entry.is_sent() => { "never sent" }
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
            @if entry.is_sent() { "nothing: it is in no block" } @else { "nothing: it was never sent" }
        } @else {
            @if let Some(with) = with { (with) " by the account; the fee " }
            "by "
            @if let Some(name) = info.name_of(address) { (name) ", " }
            (whole_text(format!("{address:#x}"), "the address of the account that paid"))
        }
    }
}

fn through(entry: &Entry) -> Markup {
    let through = match entry.via {
        Via::Rpc => "by JSON-RPC",
        Via::Paymaster => "through the paymaster",
        Via::Chipi => "through Chipi's endpoints",
    };
    html! { @if entry.is_sent() { "sent " } @else { "asked " } (through) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_is_counted_apart() {
        let told = |sent, unsent, shown| counted(Counts { sent, unsent }, shown);
        assert_eq!(told(1, 0, 1), "1 transaction");
        assert_eq!(told(2, 0, 2), "2 transactions, the latest first");
        let both = "0 transactions and 1 that was refused before it was sent";
        assert_eq!(told(0, 1, 1), both);
        let many =
            "9 transactions and 60 that were refused before they were sent; the latest 59 are here";
        assert_eq!(told(9, 60, 59), many);
    }

    #[test]
    fn what_strangers_send_is_text_and_no_markup() {
        let told = sentence(Some("Session: expired"), "Session: expired: <`script`>\nmore");
        assert_eq!(told, "<script>");
        let html = html! { (told) (lines("<b>\"&\"</b>", "x")) }.into_string();
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(html.contains("&lt;b&gt;&quot;&amp;&quot;&lt;/b&gt;"), "{html}");
    }
}
