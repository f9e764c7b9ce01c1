//! The account contract's interface: its calls, views and events.

mod calls;
mod events;
mod views;

use starknet_rust::core::types::Felt;

use crate::node::Node;

pub use events::{Allowed, SessionEvents, Shown};
pub use views::{SessionData, SessionStatus, SpendingPolicy};

/// The session account's contract: builds calls for its owner to send, and reads its views.
///
/// The calls work in a plain transaction of the owner and in an outside execution that the owner signs, and
/// can be batched in any combination.
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
    /// Names the account at `address`. With `()` in place of a node it can build calls, and has no views.
    pub const fn new(address: Felt, node: N) -> Self {
        Self { address, node }
    }

    /// Returns the node through which the account's views are called.
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
    /// Returns the contract of the session account at `address`.
    #[must_use]
    pub fn contract(&self, address: Felt) -> SessionContract {
        SessionContract::new(address, self.clone())
    }
}
