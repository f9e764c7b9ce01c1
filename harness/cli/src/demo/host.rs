//! Chooses the devnet that the demo runs on.

#[cfg(not(feature = "devnet"))]
use anyhow::bail;
#[cfg(feature = "devnet")]
use session_devnet::Settings;
use session_devnet::{Stage, StartError};
use url::Url;

/// The devnet that the demo uses.
pub enum Host {
    /// A devnet in this process.
    #[cfg(feature = "devnet")]
    Embedded,
    /// A devnet that runs already.
    Remote(Url),
}

impl Host {
    /// Returns the devnet at `rpc`; without `rpc`, the embedded one if this build has it.
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

    /// Returns the name of the step that opens this devnet.
    pub const fn deed(&self) -> &'static str {
        match self {
            #[cfg(feature = "devnet")]
            Self::Embedded => "start a devnet",
            Self::Remote(_) => "use the devnet that is there",
        }
    }

    /// Opens the devnet. An embedded one runs until the returned stage is dropped.
    pub async fn open(self) -> Result<Stage, StartError> {
        match self {
            #[cfg(feature = "devnet")]
            Self::Embedded => Stage::start(Settings::default()).await,
            Self::Remote(url) => Ok(Stage::at(url).await?),
        }
    }
}
