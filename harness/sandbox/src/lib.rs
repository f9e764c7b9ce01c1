//! A sandbox for SDK teams: a chain, accounts with funds, and the services that session clients call, on one
//! port of the loopback interface. It needs no mainnet, no API key and no sponsor.

mod accounts;
mod chain;
mod chipi;
mod clock;
mod diagnosis;
mod dialect;
mod history;
mod info;
mod limits;
mod listen;
mod names;
mod opening;
mod page;
mod paymaster;
mod problem;
mod recent;
mod registration;
mod relayers;
mod reset;
mod server;
mod services;
mod sessions;
mod settings;
mod signer;
mod sponsor;
mod typed_data;
mod words;

use axum::Router;
use axum::http::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_http::cors::{AllowHeaders, AllowPrivateNetwork, CorsLayer};

pub use dialect::Dialect;
pub use info::{Account, Info, Submitter};
pub use listen::DEFAULT_PORT;
pub use settings::Settings;

use reset::Chains;
use session_devnet::StartError;

/// An open sandbox. Dropping it stops it at once; [`stop`](Self::stop) first lets running requests end.
#[derive(Debug)]
pub struct Sandbox {
    info: Info,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
}

impl Sandbox {
    /// Starts a chain and serves it. This needs a runtime of several threads.
    ///
    /// # Errors
    /// [`StartError`] if the chain does not start, if another program uses the port, or if browsers would not
    /// connect to it.
    pub async fn open(settings: Settings) -> Result<Self, StartError> {
        // The port comes first, so that a port in use is found at once.
        let (address, listeners) = listen::listen(settings.host, settings.port).await?;
        let chains = Chains::open(settings, address).await?;
        let info = chains.current().info.clone();
        let (stop, stopped) = watch::channel(false);
        let (router, places) = (router(chains), server::places());
        let mut servers = JoinSet::new();
        for listener in listeners {
            servers.spawn(server::serve(listener, places.clone(), router.clone(), stopped.clone()));
        }
        Ok(Self { info, stop, servers })
    }

    /// Returns the services of the sandbox, and their addresses.
    #[must_use]
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// Stops accepting requests, and waits for those that run.
    pub async fn stop(self) {
        let Self { stop, mut servers, .. } = self;
        // If nobody receives this, the servers have stopped already.
        let _ = stop.send(true);
        while servers.join_next().await.is_some() {}
    }
}

fn router(chains: Chains) -> Router {
    let services = Router::new()
        .merge(page::routes())
        .merge(chain::routes())
        .merge(reset::routes())
        .merge(paymaster::routes())
        // Chipi's Python SDK chooses the chain by the URL: if it contains `sepolia`, the SDK signs for
        // Sepolia.
        .nest("/sepolia", chipi::routes())
        .merge(chipi::routes())
        .fallback(|| async {
            let served = "served are GET /, /info.json, /state.json and /is_alive, POST /rpc, \
                          /paymaster and /reset, WebSocket /ws, and Chipi's POST …/v1/transactions/prepare-typed-data, \
                          execute-sponsored-transaction and execute-sponsored-raw";
            problem::problem(StatusCode::NOT_FOUND, "NOT_FOUND", served)
        })
        .method_not_allowed_fallback(|| async {
            let message = "this path is served for another method: POST for the services";
            problem::problem(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
        })
        .with_state(chains);
    // A page of another network may send requests too, as a page of another origin may; browsers ask for
    // permission first. The headers are named one by one, since `*` does not include `authorization`, which
    // Chipi's SDKs send.
    let anybody = CorsLayer::permissive()
        .allow_headers(AllowHeaders::mirror_request())
        .allow_private_network(AllowPrivateNetwork::yes());
    limits::bounded(services).layer(anybody)
}
