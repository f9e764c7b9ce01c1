//! A sandbox for SDK teams: a chain, accounts with funds, and the services that session clients
//! call, on one port of the loopback interface. No mainnet, no API key, no sponsor.

mod accounts;
mod chain;
mod chipi;
mod clock;
mod diagnosis;
mod history;
mod info;
mod limits;
mod names;
mod page;
mod paymaster;
mod problem;
mod relayers;
mod server;
mod services;
mod sessions;
mod sponsor;
mod typed_data;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::task::JoinHandle;
use tower_http::cors::CorsLayer;

pub use info::{Account, Info, Submitter};

use accounts::Population;
use clock::Clock;
use limits::Limits;
use relayers::Relayers;
use services::Services;
use session_client::token::{ETH, STRK};
use session_devnet::faults::{Faults, Proxy};
use session_devnet::{Embedded, Stage, StartError, network};
use sessions::Sessions;
use sponsor::Sponsor;

/// Enough that one slow submission holds up no other.
const RELAYERS: u8 = 4;

/// How to open a sandbox.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many session accounts to deploy and fund.
    pub accounts: u8,
    /// What their keys are made from.
    pub seed: u32,
    /// Where to serve, on the loopback interface; 0 for any free port.
    pub port: u16,
    /// Where the chain's clock starts, in Unix seconds; the real time if not given.
    pub start_time: Option<u64>,
    /// The network to put before the chain once the accounts are there, and what goes wrong between it and
    /// whoever asks for JSON-RPC; none if every transaction is to be in a block at once.
    pub network: Option<(network::Settings, Faults)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { accounts: 3, seed: 0, port: 0, start_time: None, network: None }
    }
}

/// A sandbox that is open. Dropping it stops it at once; [`stop`](Self::stop) lets what is in flight
/// end.
#[derive(Debug)]
pub struct Sandbox {
    info: Info,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    stage: Stage,
}

impl Sandbox {
    /// Starts a chain, and serves it. Needs a runtime of several threads.
    ///
    /// # Errors
    /// [`StartError`] if the chain does not start or the port is taken.
    pub async fn open(settings: Settings) -> Result<Self, StartError> {
        let Settings { accounts, seed, port, start_time, network } = settings;
        // First of all, so that a port that is taken is known at once.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
            StartError::Start(format!("port {port}: {error}. Choose another one"))
        })?;
        let address =
            listener.local_addr().map_err(|error| StartError::Start(error.to_string()))?;

        let settings = session_devnet::Settings { accounts: RELAYERS + 1, seed, start_time };
        let embedded = Embedded::start(settings).await?;
        let devnet = embedded.handler();
        let mut stage = Stage::on(embedded).await?;
        if let Some(time) = start_time {
            // Else the first block alone would have it.
            stage.set_time(time).await?;
        }
        let ([.., submitter], [relayers @ .., payer]) = (stage.predeployed(), stage.accounts())
        else {
            return Err(StartError::Start("it has no accounts".to_owned()));
        };
        let population = Population::settle(&stage, payer, accounts, seed).await?;
        let (submitter, relayers) = (submitter.clone(), Relayers::new(relayers.to_vec()));
        let (node, chain_id) = (stage.node().clone(), stage.chain_id());
        let (clock, proxy) = match network {
            None => (Clock::of(stage.devnet().clone()), None),
            Some((settings, faults)) => {
                stage.become_network(settings).await?;
                (Clock::Running, Some(Proxy::new(devnet.clone(), faults.decide(settings.seed))))
            }
        };
        let sponsor = Sponsor::new(node.clone(), chain_id, clock.clone(), relayers);
        let info = Info {
            accounts: population.accounts,
            class_hash: population.class_hash,
            meter: population.meter,
            chain_id,
            submitter: Submitter { address: submitter.address, private_key: submitter.private_key },
            relayers: sponsor.relayers().addresses().to_vec(),
            tokens: BTreeMap::from([("ETH", ETH), ("STRK", STRK)]),
            page_url: format!("http://{address}/"),
            rpc_url: format!("http://{address}/rpc"),
            ws_url: format!("ws://{address}/ws"),
            paymaster_url: format!("http://{address}/paymaster"),
            chipi_url: format!("http://{address}/sepolia"),
        };
        let services = Services {
            info: info.clone(),
            node: node.clone(),
            chain_id,
            devnet,
            sessions: Sessions::new(node.clone()),
            sockets: Arc::new(Semaphore::new(chain::SOCKETS)),
            batch: Mutex::default(),
            clock,
            sponsor,
        };

        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(server::serve(listener, router(services, proxy), stopped));
        Ok(Self { info, stop, server, stage })
    }

    /// Returns what it serves, and where.
    #[must_use]
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// Stops accepting, and waits for what is in flight.
    pub async fn stop(self) {
        let Self { stop, server, stage, .. } = self;
        // The server is gone already if nobody listens.
        let _ = stop.send(true);
        let _ = server.await;
        drop(stage);
    }
}

fn router(services: Services, proxy: Option<Proxy>) -> Router {
    Router::new()
        .merge(page::routes())
        .merge(chain::routes(proxy))
        .merge(paymaster::routes())
        // Chipi's Python SDK takes the chain from the URL: with `sepolia` in it, it signs for Sepolia.
        .nest("/sepolia", chipi::routes())
        .merge(chipi::routes())
        .fallback(|| async {
            let served = "served are GET /, /info.json and /state.json, POST /rpc and /paymaster, \
                          WebSocket /ws, and Chipi's POST …/v1/transactions/prepare-typed-data, \
                          execute-sponsored-transaction and execute-sponsored-raw";
            problem::problem(StatusCode::NOT_FOUND, "NOT_FOUND", served)
        })
        .method_not_allowed_fallback(|| async {
            let message = "this path is served for another method: POST for the services";
            problem::problem(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
        })
        .with_state(Arc::new(services))
        // Bodies are read, within limits of their own, before any handler sees them.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Limits::default(), limits::admit))
        .layer(CorsLayer::permissive())
}
