//! Opens the chain that is served: the devnet, the accounts on it, the relayers, and what watches them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::{Semaphore, watch};

use starknet_rust::accounts::Account;

use session_devnet::faults::{Faults, Proxy};
use session_devnet::{Embedded, Stage, StartError, network};

use super::accounts::{Population, TOKENS};
use super::clock::Clock;
use super::dialect::Dialect;
use super::info::{Info, Submitter};
use super::names::Names;
use super::recent::Recent;
use super::relayers::Relayers;
use super::services::{SOCKETS, Services};
use super::sessions::Sessions;
use super::settings::Settings;
use super::sponsor::Sponsor;

/// The number of accounts of OpenZeppelin's class that the devnet deploys, whose keys it tells everybody. The
/// first one pays for everything that is made here, and the last one is the submitter. After that only
/// clients send from them.
const PREDEPLOYED: u8 = 5;

/// Starts a chain that will be served at `address`.
///
/// # Errors
/// [`StartError`] if the chain does not start, or if the accounts cannot be made.
pub async fn open(settings: Settings, address: SocketAddr) -> Result<Services, StartError> {
    let Settings { accounts, seed, start_time, paymaster: dialect, network, .. } = settings;
    let settings = session_devnet::Settings { accounts: PREDEPLOYED, seed, start_time };
    let embedded = Embedded::start(settings).await?;
    let (devnet, devnet_ws) = (embedded.handler(), embedded.websocket_url());
    let mut stage = Stage::on(embedded).await?;
    if let Some(time) = start_time {
        // Otherwise only the first block would have this time.
        stage.set_time(time).await?;
    }
    let [.., submitter] = stage.predeployed() else {
        return Err(StartError::Start("it has no accounts".to_owned()));
    };
    let Population { class_hash, meter, accounts, mut relayers } =
        Population::settle(&stage, accounts, seed).await?;
    let (node, chain_id) = (stage.node().clone(), stage.chain_id());
    // AVNU's forwarder is one contract, and outside executions name it as caller.
    let treasury = relayers.last().map(Account::address).unwrap_or_default();
    if dialect == Dialect::Avnu {
        relayers.truncate(1);
    }
    let (submitter, relayers) = (submitter.clone(), Relayers::new(relayers));
    let (clock, proxy) = match network {
        None => (Clock::of(stage.devnet().clone()), None),
        Some((settings, faults)) => {
            stage.become_network(with_faults_of_blocks(settings, &faults)).await?;
            (Clock::Running, Some(Proxy::new(devnet.clone(), faults.decide(settings.seed))))
        }
    };
    let names = Names::default();
    let sessions = Sessions::new(node.clone(), names.clone());
    let sponsor = Sponsor::new(
        node.clone(),
        chain_id,
        clock.clone(),
        relayers,
        sessions.clone(),
        names.clone(),
    );
    let address = reachable(address);
    let info = Info {
        accounts,
        class_hash,
        meter,
        chain_id,
        submitter: Submitter { address: submitter.address, private_key: submitter.private_key },
        relayers: sponsor.relayers().addresses().to_vec(),
        tokens: BTreeMap::from(TOKENS),
        page_url: format!("http://{address}/"),
        rpc_url: format!("http://{address}/rpc"),
        ws_url: format!("ws://{address}/ws"),
        paymaster_url: format!("http://{address}/paymaster"),
        chipi_url: format!("http://{address}/sepolia"),
    };
    Ok(Services {
        info,
        node,
        chain_id,
        devnet,
        devnet_ws,
        proxy,
        names,
        sessions,
        sockets: Arc::new(Semaphore::new(SOCKETS)),
        opening: nonce(),
        clock,
        dialect,
        recent: Recent::default(),
        treasury,
        sponsor,
        end: watch::Sender::default(),
        stage,
    })
}

/// Returns `settings` with the faults that happen to blocks. The other faults happen to requests.
fn with_faults_of_blocks(settings: network::Settings, faults: &Faults) -> network::Settings {
    let (dropped, closed) =
        (settings.dropped.max(faults.dropped), settings.closed.max(faults.closed));
    settings.dropping(dropped).closing(closed)
}

/// Returns a text that no other chain has: the real time in nanoseconds.
fn nonce() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", now.as_nanos())
}

/// Returns the address at which this machine reaches a listener at `address`. A listener on every interface
/// has no address of its own.
fn reachable(address: SocketAddr) -> SocketAddr {
    let host = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    SocketAddr::new(host, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_gets_the_faults_of_blocks_and_the_larger_share_counts() {
        let mut faults = Faults::some();
        (faults.dropped, faults.closed) = (0.05, 0.1);
        let settings = with_faults_of_blocks(network::Settings::default(), &faults);
        assert_eq!((settings.dropped, settings.closed), (0.05, 0.1));
        let settings = network::Settings::default().dropping(0.5).closing(0.01);
        let settings = with_faults_of_blocks(settings, &faults);
        assert_eq!((settings.dropped, settings.closed), (0.5, 0.1));
    }
}
