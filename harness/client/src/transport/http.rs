//! HTTP with servers that are not trusted: redirects are not followed, and the length of an answer is
//! limited.

use std::time::{Duration, SystemTime};

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use url::{Host, Url};

use crate::words::printable;

/// Begins an HTTP client for `url`. It follows no redirects, since they lead to a server that the caller
/// did not name. For a URL on this machine it ignores the proxies of the environment (`HTTP_PROXY` and
/// similar): they could not reach it, or would see what should not leave the machine.
///
/// ```
/// let url = "http://127.0.0.1:5050/rpc".parse()?;
/// let client = session_client::http_client(&url).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn http_client(url: &Url) -> ClientBuilder {
    let client = Client::builder().redirect(Policy::none());
    if is_on_this_machine(url) { client.no_proxy() } else { client }
}

/// Returns host and port of the proxy that the environment chooses for `url`, without its password.
pub fn proxy_of(url: &Url) -> Option<String> {
    if is_on_this_machine(url) {
        return None;
    }
    let intercept = Matcher::from_env().intercept(&url.as_str().parse().ok()?)?;
    let (host, port) = (intercept.uri().host()?, intercept.uri().port_u16());
    Some(port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.is_loopback(),
            None => address.is_loopback() || address.is_unspecified(),
        },
        None => false,
    }
}

/// Reads the body of `response`, decompressed; `None` if it is longer than `longest` bytes.
///
/// # Errors
/// The error of the connection, if it breaks.
pub async fn body_of(response: &mut Response, longest: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > longest {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// Reads the header `Retry-After`: seconds, or an HTTP date.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Returns the host and port of `url`, which are the parts that are never secret.
#[must_use]
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Describes an error below HTTP by its causes. reqwest's own message is left out: it contains the URL,
/// which may contain a provider's API key.
#[must_use]
pub fn causes(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() { "it does not answer in time" } else { "the request failed" };
    let mut told = what.to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    printable(&told)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_all_of_its_names() {
        for host in [
            "127.0.0.1",
            "127.9.8.7",
            "[::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "0.0.0.0",
            "[::ffff:127.0.0.1]",
            "2130706433",
        ] {
            let url: Url = format!("http://{host}:5050/rpc").parse().unwrap();
            assert!(is_on_this_machine(&url), "{host}");
        }
        for host in ["128.0.0.1", "[::2]", "localhost.example", "example", "10.0.0.1"] {
            let url: Url = format!("http://{host}/rpc").parse().unwrap();
            assert!(!is_on_this_machine(&url), "{host}");
        }
    }
}
