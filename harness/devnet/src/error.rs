use session_client::Error;

/// Why a devnet cannot be started or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The embedded devnet does not start: the chain cannot be made, or no port is free.
    #[error("the devnet does not start: {0}")]
    Start(String),
    /// The devnet cannot be used: it does not answer, is not a devnet, or has no account.
    #[error(transparent)]
    Use(#[from] Error),
}
