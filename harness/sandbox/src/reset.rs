//! Serves one chain, and replaces it by a new one on request, so that each test can start from the same
//! state.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use axum::Json;
use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::Mutex;
use url::{Host, Url};

use session_devnet::StartError;

use super::opening;
use super::problem::problem;
use super::services::Services;
use super::settings::Settings;

/// The chain that is served, and the settings to make another like it. Every handler gets the chain from
/// here.
#[derive(Clone)]
pub struct Chains {
    current: Arc<RwLock<Arc<Services>>>,
    /// This lock is held while a new chain is made.
    making: Arc<Mutex<()>>,
    settings: Settings,
    address: SocketAddr,
}

impl Chains {
    /// Makes the first chain, which is served at `address`.
    ///
    /// # Errors
    /// [`StartError`] if the chain does not start.
    pub async fn open(settings: Settings, address: SocketAddr) -> Result<Self, StartError> {
        let first = opening::open(settings.clone(), address).await?;
        let current = Arc::new(RwLock::new(Arc::new(first)));
        Ok(Self { current, making: Arc::default(), settings, address })
    }

    /// Returns the chain that is served now.
    pub fn current(&self) -> Arc<Services> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a new chain, and serves it from now on. Requests that run already end on the old chain. If
    /// several callers ask for a reset while a new chain is made, all get that one, since none of them has
    /// used it yet.
    async fn reset(&self) -> Result<Arc<Services>, StartError> {
        let old = self.current();
        let _turn = self.making.lock().await;
        let made = self.current();
        if !Arc::ptr_eq(&old, &made) {
            return Ok(made);
        }
        drop((old, made));
        let next = Arc::new(opening::open(self.settings.clone(), self.address).await?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        Ok(next)
    }
}

impl FromRef<Chains> for Arc<Services> {
    fn from_ref(chains: &Chains) -> Self {
        chains.current()
    }
}

/// Returns the route that resets the chain.
pub fn routes() -> Router<Chains> {
    Router::new().route("/reset", post(reset))
}

/// Resets the chain, and answers with what a client needs to know of it, which is the same as before.
async fn reset(State(chains): State<Chains>, headers: HeaderMap) -> Response {
    if let Some(origin) = headers.get(ORIGIN)
        && !origin.to_str().is_ok_and(is_local)
    {
        let message = "a page of another machine may not reset this chain: ask from a test, or from \
                       a page that localhost serves";
        return problem(StatusCode::FORBIDDEN, "FORBIDDEN", message);
    }
    match chains.reset().await {
        Ok(services) => Json(services.info.clone()).into_response(),
        Err(error) => {
            problem(StatusCode::INTERNAL_SERVER_ERROR, "FAILED", &format!("no reset: {error}"))
        }
    }
}

/// Says whether `origin`, the page that sends the request, is served by this machine. A name may end with the
/// root's dot.
fn is_local(origin: &str) -> bool {
    match Url::parse(origin).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(host)) => IpAddr::V4(host).is_loopback(),
        Some(Host::Ipv6(host)) => IpAddr::V6(host).to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_machine_are_local() {
        for origin in ["http://localhost:5173", "http://127.0.0.1:5163", "http://[::1]:3000"] {
            assert!(is_local(origin), "{origin}");
        }
        // The name with the root's dot, and IPv4's loopback interface as IPv6 writes it.
        for origin in ["http://localhost.:3000", "http://[::ffff:127.0.0.1]"] {
            assert!(is_local(origin), "{origin}");
        }
        for origin in [
            "https://evil.example",
            "http://localhost.evil.example",
            "http://localhost..",
            "http://[::ffff:192.0.2.1]",
            "null",
            "",
        ] {
            assert!(!is_local(origin), "{origin}");
        }
    }
}
