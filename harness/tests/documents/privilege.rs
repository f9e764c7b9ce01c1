//! The table of `docs/audit.md` that says who may call which entry point.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document;

/// Returns what is wrong with the table in `text`: an entry point of `abi` that does not stand in it once, what is
/// none, and one in the wrong row. `own` are the functions that only the account itself may call.
pub fn problems(text: &str, abi: &Value, own: &BTreeSet<String>) -> Vec<String> {
    let rows = document::table(text, "| who | entry points |");
    let functions = functions(abi);
    let named = rows.iter().flat_map(|row| document::code(row[1]));
    let mut problems = document::once(named, functions.keys().copied());
    for row in &rows {
        for name in document::code(row[1]) {
            let Some(is_view) = functions.get(name) else { continue };
            let who = caller(name, *is_view, own.contains(name));
            if !row[0].starts_with(who) {
                problems.push(format!("{name} may be called by {who}, not by {}", row[0]));
            }
        }
    }
    problems
}

/// Returns how the row begins in which the entry point `name` belongs.
fn caller(name: &str, is_view: bool, is_own: bool) -> &'static str {
    match name {
        "constructor" => "whoever deploys it",
        // The ABI calls two of these views.
        name if name.starts_with("__") => "the protocol",
        // The one call of the account that a session makes (`rules::is_self_ending` in the contract).
        "revoke_session" if is_own => "the same, and a session",
        _ if is_own => "the account itself",
        _ if is_view => "anybody, reading",
        _ => "anybody with a signature",
    }
}

/// Returns the functions of `abi`, the constructor included, and whether they are views.
fn functions(abi: &Value) -> BTreeMap<&str, bool> {
    let entries = abi.as_array().into_iter().flatten();
    entries
        .flat_map(|entry| {
            [entry].into_iter().chain(entry["items"].as_array().into_iter().flatten())
        })
        .filter(|item| item["type"] == "function" || item["type"] == "constructor")
        .filter_map(|item| Some((item["name"].as_str()?, item["state_mutability"] == "view")))
        .collect()
}

/// Returns the functions of a file of the contract that call `assert_self`.
pub fn asking(text: &str) -> BTreeSet<String> {
    let (mut function, mut asking) = ("", BTreeSet::new());
    for line in text.lines().map(|line| line.trim().trim_start_matches("pub ")) {
        if let Some(rest) = line.strip_prefix("fn ") {
            function = rest.split(['(', '<']).next().unwrap_or(rest);
        } else if !line.starts_with("//") && line.contains("assert_self()") {
            asking.insert(function.to_owned());
        }
    }
    asking
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_entry_point_stands_once_where_it_belongs() {
        let function = |name: &str, is: &str| json!({ "type": "function", "name": name, "state_mutability": is });
        let abi = json!([
            { "type": "constructor", "name": "constructor" },
            { "type": "interface", "items": [function("upgrade", "external"), function("get", "view")] },
            function("__validate_declare__", "view"),
            function("revoke_session", "external"),
            function("pay", "external"),
        ]);
        let own = ["upgrade", "revoke_session"].map(str::to_owned).into();
        let problems = |text: &str| problems(text, &abi, &own);
        let page = "| who | entry points |\n| --- | --- |\n| the protocol: x | `__validate_declare__` |\n\
                    | whoever deploys it, once | `constructor` |\n| the account itself, x | `upgrade` |\n\
                    | the same, and a session x | `revoke_session` |\n\
                    | anybody with a signature x | `pay` |\n| anybody, reading | `get` |";
        assert_eq!(problems(page), [""; 0]);
        assert_eq!(problems(&page.replace("`pay`", "pay")), ["pay is missing"]);
        assert_eq!(problems(&page.replace("`pay`", "`pay`, `buy`")), ["buy is not there"]);
        let moved = page.replace("`upgrade`", "-").replace("`get`", "`get`, `upgrade`");
        let wrong = "upgrade may be called by the account itself, not by anybody, reading";
        assert_eq!(problems(&moved), [wrong]);
        for (one, other) in [("pay", "get"), ("revoke_session", "upgrade"), ("pay", "constructor")]
        {
            let [one, other] = [one, other].map(|name| format!("`{name}`"));
            let swapped = page.replace(&one, "`-`").replace(&other, &one).replace("`-`", &other);
            assert_eq!(problems(&swapped).len(), 2, "{one} and {other} are swapped");
        }
    }

    #[test]
    fn a_function_asks_that_calls_the_check() {
        let text = "/// By `assert_self()`.\npub fn assert_self() -> X {\n}\nfn a(\n    x: u8,\n) {\n\
                    let info = assert_self();\n}\nfn b() {\n// assert_self();\n}\nfn c<T>() {\nassert_self();\n}";
        assert_eq!(asking(text), ["a", "c"].map(str::to_owned).into());
    }
}
