//! Where the chain runs.

#[cfg(not(feature = "devnet"))]
use anyhow::bail;
use url::Url;

#[cfg(feature = "devnet")]
use session_harness::devnet::{Embedded, Settings};

/// Which devnet to use.
pub enum Host {
    /// One inside this process.
    #[cfg(feature = "devnet")]
    Embedded,
    /// One that is there already.
    Remote(Url),
}

impl Host {
    /// The devnet at `rpc`, or the embedded one if this build has it.
    pub fn choose(rpc: Option<Url>) -> anyhow::Result<Self> {
        match rpc {
            Some(url) => Ok(Self::Remote(url)),
            #[cfg(feature = "devnet")]
            None => Ok(Self::Embedded),
            #[cfg(not(feature = "devnet"))]
            None => bail!(
                "this build has no embedded devnet. Name a running one with --rpc URL (or \
                 STARKNET_RPC_URL), or build with the cargo feature `devnet`"
            ),
        }
    }

    /// What using it is called.
    pub const fn deed(&self) -> &'static str {
        match self {
            #[cfg(feature = "devnet")]
            Self::Embedded => "start a devnet",
            Self::Remote(_) => "use the devnet that is there",
        }
    }

    /// Makes sure that it runs, for as long as the answer lives.
    pub async fn open(self) -> session_harness::Result<Running> {
        match self {
            #[cfg(feature = "devnet")]
            Self::Embedded => {
                let devnet = Embedded::start(Settings::default()).await?;
                Ok(Running { url: devnet.url().clone(), _devnet: Some(devnet) })
            }
            Self::Remote(url) => Ok(Running {
                url,
                #[cfg(feature = "devnet")]
                _devnet: None,
            }),
        }
    }
}

/// A devnet that runs. Dropping it stops an embedded one.
pub struct Running {
    url: Url,
    #[cfg(feature = "devnet")]
    _devnet: Option<Embedded>,
}

impl Running {
    /// Where its JSON-RPC is served.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Its host and port: the rest of the address may hold a provider's key.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}
