//! The place of an end of sessions: the account's first unused nonce, and what is open there.

use session_client::{Status, Submission};
use starknet_rust::core::types::Felt;

use super::alternatives::price;
use super::desk::Desk;
use crate::commands::exit::Failure;

/// The first unused nonce of the account that pays. What is sent with it waits behind nothing.
pub struct Place {
    pub nonce: Felt,
    /// The transactions of the journal that have this nonce, of which one alone can be included, the one
    /// with the highest price last.
    pub open: Vec<Submission>,
}

impl Place {
    /// Finds the place of the next transaction of `payer`.
    pub async fn of(desk: &Desk, payer: Felt) -> Result<Self, Failure> {
        let node = &desk.chain.node;
        let nonce = node.nonce_of(payer).await?;
        let mut open = node.unsettled(payer)?;
        open.retain(|it| it.entry().nonce == nonce);
        open.sort_by_key(|it| price(it.entry()));
        Ok(Self { nonce, open })
    }

    /// Returns the transaction whose price the next one at this nonce must exceed.
    pub fn dearest(&self) -> Option<&Submission> {
        self.open.last()
    }

    /// Returns one of the open transactions that was executed, if the node says so.
    pub async fn landed(&self) -> Option<&Submission> {
        for submission in &self.open {
            if matches!(submission.status().await, Ok(Status::Executed(_))) {
                return Some(submission);
            }
        }
        None
    }
}
