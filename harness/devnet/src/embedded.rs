//! A devnet that runs inside this process.

#![expect(clippy::result_large_err, reason = "the devnet's error is what is answered: it is large")]

mod estimate;
mod handler;
mod network;
mod server;
mod trace;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use starknet_devnet_core::starknet::Starknet;
use starknet_devnet_core::starknet::starknet_config::StarknetConfig;
use starknet_devnet_server::ServerConfig;
use starknet_devnet_server::api::{Api, JsonRpcHandler};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use url::Url;

pub use handler::Handler;
pub use network::Network;
pub(crate) use server::LONGEST;

use crate::StartError;
use crate::network::Pace;

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const WORKERS: usize = 2;
const REQUEST_SECONDS: u16 = 120;
/// The balance of each account, in FRI and in WEI: a million STRK, enough for an account that pays for
/// others.
const FUNDS: u128 = 1_000_000_000_000_000_000_000_000;
/// The methods that would end the chain, or would read files or reach other nodes. They are refused, since
/// any page in a browser could call them.
const FORBIDDEN: [&str; 4] = ["devnet_dump", "devnet_load", "devnet_postmanLoad", "devnet_restart"];

/// The settings of an embedded devnet.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The number of accounts that are deployed and funded.
    pub accounts: u8,
    /// The seed of their private keys.
    pub seed: u32,
    /// The first block's time, in Unix seconds; the real time if it is `None`.
    pub start_time: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { accounts: 2, seed: 0, start_time: None }
    }
}

/// A devnet inside this process, on a free port of the loopback interface. Dropping it stops it.
pub struct Embedded {
    url: Url,
    handler: Handler,
    /// The devnet's own runtime. The devnet blocks threads, and the caller's runtime may have only one.
    runtime: Option<Runtime>,
}

impl Embedded {
    /// Starts a devnet with a new chain.
    ///
    /// # Errors
    /// [`StartError::Start`] if the chain does not start or no port is free.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let config = StarknetConfig {
            total_accounts: settings.accounts,
            seed: settings.seed,
            start_time: settings.start_time,
            predeployed_accounts_initial_balance: FUNDS.into(),
            ..StarknetConfig::default()
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()
            .map_err(failed)?;
        let (url, handler) = runtime.spawn(serve(config)).await.map_err(failed)??;
        Ok(Self { url, handler, runtime: Some(runtime) })
    }

    /// Returns the URL of the devnet's JSON-RPC.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the URL of the devnet's WebSockets.
    #[must_use]
    pub fn websocket_url(&self) -> Url {
        let mut url = self.url.clone();
        // Neither can fail for a URL of HTTP.
        let _ = url.set_scheme("ws");
        url.set_path("/ws");
        url
    }

    /// Returns the handler of the devnet's JSON-RPC, to serve it at another URL too.
    pub fn handler(&self) -> Handler {
        self.handler.clone()
    }
}

impl Embedded {
    /// Starts a simulated [network](crate::network) on the chain; it cannot be stopped. Before, each
    /// transaction is put into a block at once; afterwards it is not.
    ///
    /// # Errors
    /// [`StartError`] if the network was started before, or its settings do not let its time pass.
    pub async fn become_network(
        &self,
        settings: crate::network::Settings,
    ) -> Result<Network, StartError> {
        let step = settings.pre_confirmed_after;
        let is_still = match settings.pace {
            Pace::Times(times) => !(0.001..=1_000_000.0).contains(&times),
            Pace::ByHand => false,
        };
        if step.is_zero() || settings.block_time < step || is_still {
            let why = "the time until pre-confirmation must be above 0 and at most the time between blocks, \
                 and the pace must be from 0.001 to 1,000,000 times real time";
            return Err(StartError::Start(why.to_owned()));
        }
        self.handler.become_network(settings).await?;
        let network = Network::new(self.handler(), self.runtime()?.clone());
        if let Pace::Times(times) = settings.pace {
            self.runtime()?.spawn(network.clone().run(step, times));
        }
        Ok(network)
    }
}

impl Embedded {
    /// Returns the HTTP routes of the chain.
    pub(crate) fn router(&self) -> Router {
        server::router(self.handler(), Duration::from_secs(REQUEST_SECONDS.into()))
    }

    /// Serves `router` at another URL, which it returns, as long as the devnet runs.
    pub(crate) async fn serve_also(&self, router: Router) -> Result<Url, StartError> {
        self.runtime()?.spawn(open(router)).await.map_err(failed)?
    }

    fn runtime(&self) -> Result<&Handle, StartError> {
        let runtime = self.runtime.as_ref().map(Runtime::handle);
        runtime.ok_or_else(|| StartError::Start("the devnet stopped".to_owned()))
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Embedded({})", self.url)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Creates the chain, and serves it until the runtime ends.
async fn serve(config: StarknetConfig) -> Result<(Url, Handler), StartError> {
    let starknet = tokio::task::block_in_place(|| Starknet::new(&config).map_err(failed))?;
    let config = ServerConfig {
        // The answers do not depend on host and port.
        host: HOST,
        port: 0,
        timeout: REQUEST_SECONDS,
        log_request: false,
        log_response: false,
        restricted_methods: Some(FORBIDDEN.map(str::to_owned).to_vec()),
        ui_enabled: false,
    };
    let handler = Handler::new(JsonRpcHandler::new(Api::new(starknet, config)));
    let time = Duration::from_secs(REQUEST_SECONDS.into());
    let url = open(server::router(handler.clone(), time)).await?;
    Ok((url, handler))
}

/// Serves `router` on a free port of the loopback interface until the runtime ends, and returns its URL.
async fn open(router: Router) -> Result<Url, StartError> {
    let listener = TcpListener::bind(SocketAddr::new(HOST, 0)).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the devnet stopped");
        }
    });
    Url::parse(&format!("http://{HOST}:{port}/rpc")).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::Start(error.to_string())
}
