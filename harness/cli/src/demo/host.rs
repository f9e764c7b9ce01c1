//! Where the chain runs.

#[cfg(not(feature = "devnet"))]
use anyhow::bail;
#[cfg(feature = "devnet")]
use session_devnet::Settings;
use session_devnet::{Stage, StartError};
use url::Url;

/// Which devnet to use.
pub enum Host {
    /// One inside this process.
    #[cfg(feature = "devnet")]
    Embedded,
    /// One that is there already.
    Remote(Url),
}

impl Host {
    /// Returns the devnet at `rpc`, or the embedded one if this build has it.
    pub fn choose(rpc: Option<Url>) -> anyhow::Result<Self> {
        match rpc {
            Some(url) => Ok(Self::Remote(url)),
            #[cfg(feature = "devnet")]
            None => Ok(Self::Embedded),
            #[cfg(not(feature = "devnet"))]
            None => bail!(
                "this build has no embedded devnet. Name a running one with --rpc URL, or build with the \
                 cargo feature `devnet`"
            ),
        }
    }

    /// Returns what using it is called.
    pub const fn deed(&self) -> &'static str {
        match self {
            #[cfg(feature = "devnet")]
            Self::Embedded => "start a devnet",
            Self::Remote(_) => "use the devnet that is there",
        }
    }

    /// Takes the devnet for as long as the answer lives.
    pub async fn open(self) -> Result<Stage, StartError> {
        match self {
            #[cfg(feature = "devnet")]
            Self::Embedded => Stage::start(Settings::default()).await,
            Self::Remote(url) => Ok(Stage::at(url).await?),
        }
    }
}
