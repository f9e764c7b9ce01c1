//! How far a transaction has come.

/// How certain it is that a transaction stays where it is, from the least to the most.
///
/// ```
/// use session_client::Finality;
///
/// assert!(Finality::PreConfirmed < Finality::AcceptedOnL2);
/// assert_eq!(Finality::default(), Finality::AcceptedOnL2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Finality {
    /// A proposer executed it; the block that it is in may still be dropped, and the transaction then
    /// come to another end.
    PreConfirmed,
    /// It is in a block: done, for everyday purposes.
    #[default]
    AcceptedOnL2,
    /// Its block's state is on Ethereum, which takes hours.
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
    /// The node does not know it: it was never sent, was sent through another node a moment ago, or was
    /// dropped without a fee. It may still be included as long as its nonce is not used.
    Unknown,
    /// The node took it, and it waits for its turn.
    Received,
    /// A proposer took it and has not executed it yet.
    Candidate,
    /// It was executed, and is this final.
    Executed(Finality),
}

impl Status {
    /// Says it as the end of a sentence about a transaction.
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
            Self::Executed(Finality::AcceptedOnL2) => "is in a block, not on Ethereum yet",
            Self::Executed(Finality::AcceptedOnL1) => "is final",
        }
    }
}
