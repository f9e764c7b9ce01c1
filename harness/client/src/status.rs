//! How final a transaction is, and what a node knows of it.

/// How final a transaction is, from the least to the most.
///
/// ```
/// use session_client::Finality;
///
/// assert!(Finality::PreConfirmed < Finality::AcceptedOnL2);
/// assert_eq!(Finality::default(), Finality::AcceptedOnL2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Finality {
    /// A proposer executed the transaction. Its block may still be dropped, and the transaction may then
    /// have another outcome.
    PreConfirmed,
    /// The transaction is in a block: for everyday use it is final.
    #[default]
    AcceptedOnL2,
    /// The state of the transaction's block is proved on Ethereum, hours later.
    AcceptedOnL1,
}

/// What a node knows of a transaction.
///
/// ```
/// use session_client::Status;
///
/// assert!(Status::Unknown.words().starts_with("is unknown to the node"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The node does not know the transaction: it was never sent, was sent through another node a moment
    /// ago, or was dropped without a fee. It may still be included in a block as long as its nonce is not
    /// used.
    Unknown,
    /// The node accepted the transaction, which waits to be executed.
    Received,
    /// A proposer took the transaction and has not executed it yet.
    Candidate,
    /// The transaction was executed, and is this final.
    Executed(Finality),
}

impl Status {
    /// Returns the status as the end of a sentence that begins with "the transaction".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unknown => {
                "is unknown to the node: it was not sent, or was dropped, or another \
                              node has it"
            }
            Self::Received => "was received and is not executed yet",
            Self::Candidate => "is about to be executed",
            Self::Executed(Finality::PreConfirmed) => "is pre-confirmed and in no block yet",
            Self::Executed(Finality::AcceptedOnL2) => "is in a block",
            Self::Executed(Finality::AcceptedOnL1) => "is in a block, and proved on Ethereum",
        }
    }
}
