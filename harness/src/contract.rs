mod calls;
mod events;
mod views;

use starknet_rust_core::types::Felt;

#[cfg(feature = "devnet")]
pub(crate) use events::SessionEvents;
pub use events::{Allowed, Shown};
pub use views::{SessionData, SessionStatus, SpendingPolicy};

/// The account contract's sessions: its calls, for the owner to send, and its views.
///
/// The calls work the same in a plain transaction of the owner's and in an outside execution that
/// the owner signs, and any of them in one batch.
#[derive(Debug, Clone)]
pub struct SessionContract<P> {
    address: Felt,
    provider: P,
}

impl<P> SessionContract<P> {
    /// The account at `address`.
    pub const fn new(address: Felt, provider: P) -> Self {
        Self { address, provider }
    }

    /// The account's address.
    pub const fn address(&self) -> Felt {
        self.address
    }
}
