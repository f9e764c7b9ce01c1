//! The steps of a transaction: it is estimated, shown, agreed to, sent, and waited for.
//!
//! Each module builds only on those before it in this list. [`desk`] holds what all transactions of a command
//! share. [`turn`] decides which process may send. [`alternatives`] finds what makes the same calls at the same
//! nonce. [`place`] finds what is open where the end of sessions is to be sent. [`progress`] waits. [`earlier`]
//! reports earlier transactions, and [`sent`] this one. [`resume`] goes on with what an earlier run sent.
//! [`submit`] sends one transaction. [`end`] ends sessions, which nothing may delay. [`send`] is what commands
//! call.

mod alternatives;
mod desk;
mod earlier;
mod end;
mod place;
pub mod progress;
mod resume;
mod send;
mod sent;
mod submit;
mod turn;

pub use alternatives::{foremost, rank};
pub use desk::{Desk, told};
pub use resume::resend;
pub use sent::{Included, Sent};
