//! The settings of a sandbox.

use std::net::IpAddr;

use super::dialect::Dialect;
use session_devnet::faults::Faults;
use session_devnet::network;

/// The settings of a sandbox.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many session accounts to deploy and fund.
    pub accounts: u8,
    /// The number from which the accounts' keys are made.
    pub seed: u32,
    /// The address of this machine on which to serve; the loopback interface if none is given.
    pub host: Option<IpAddr>,
    /// The port on which to serve; 0 for any free one.
    pub port: u16,
    /// Which JSON the paymaster uses.
    pub paymaster: Dialect,
    /// The time at which the chain's clock starts, in Unix seconds; the real time if none is given.
    pub start_time: Option<u64>,
    /// The network to put in front of the chain once the accounts are there, and the faults of its blocks and
    /// of JSON-RPC requests to it. Both name the shares of blocks that are dropped, and that close the
    /// gateway: the larger one counts. With `None` every transaction is in a block at once.
    pub network: Option<(network::Settings, Faults)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accounts: 3,
            seed: 0,
            host: None,
            port: 0,
            paymaster: Dialect::Snip29,
            start_time: None,
            network: None,
        }
    }
}
