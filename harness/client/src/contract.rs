//! The account's own words: its calls, views and events.

mod calls;
mod events;
mod views;

use starknet_rust::core::types::Felt;

use crate::node::Node;

pub use events::{Allowed, SessionEvents, Shown};
pub use views::{SessionData, SessionStatus, SpendingPolicy};

/// The account contract's sessions: its calls, for the owner to send, and its views.
///
/// The calls work the same in a plain transaction of the owner's and in an outside execution that
/// the owner signs, and any of them in one batch.
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
/// #     -> session_client::Result<()> {
/// let contract = node.contract(account);
/// println!("the owner's key is {:#x}", contract.public_key().await?);
/// for session_key in contract.registered(0).await?.keys() {
///     println!("{:?}", contract.state(*session_key).await?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SessionContract<N = Node> {
    address: Felt,
    node: N,
}

impl<N> SessionContract<N> {
    /// Takes the account at `address`. Without a node it makes calls, and can be asked nothing.
    pub const fn new(address: Felt, node: N) -> Self {
        Self { address, node }
    }

    /// Returns the node that the account is asked through.
    #[must_use]
    pub const fn node(&self) -> &N {
        &self.node
    }

    /// Returns the account's address.
    pub const fn address(&self) -> Felt {
        self.address
    }
}

impl Node {
    /// Returns the session account at `address`, to be asked and called.
    #[must_use]
    pub fn contract(&self, address: Felt) -> SessionContract {
        SessionContract::new(address, self.clone())
    }
}
