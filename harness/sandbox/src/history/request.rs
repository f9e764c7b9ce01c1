//! The client's request, as the page shows it.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

/// How many bytes the body of a request may have to be shown.
const SHOWN: usize = 8_000;

/// A client's request, which the page shows so that it can be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRequest {
    /// The path, relative to the sandbox's address.
    pub path: String,
    /// The body, which is JSON; `None` if it is too long to be shown.
    pub body: Option<String>,
    /// The hash of the whole body, so that requests can be told apart that are too long to be kept.
    hash: u64,
}

impl ClientRequest {
    /// Keeps a JSON-RPC request, whatever its id.
    pub fn of_rpc(path: &str, method: &str, params: &Value) -> Self {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Self::new(path, body.to_string())
    }

    /// Keeps `body`, or its hash alone.
    pub fn new(path: &str, body: String) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let hash = hasher.finish();
        Self { path: path.to_owned(), body: Some(body).filter(|it| it.len() <= SHOWN), hash }
    }
}
