//! The steps of a transaction: it is estimated, shown, agreed to, sent, and waited for.
//!
//! Each of these builds on those before it: a [`desk`] with what all have in common; the [`turn`] of a
//! process; the [`alternatives`] of a transaction; the [`progress`] of a wait; what became of [`earlier`] transactions and of what was [`sent`];
//! what an earlier run sent, to [`resume`]; how one is [`submit`]ted; the [`end`] of sessions, which nothing
//! holds up; and what commands [`send`].

mod alternatives;
mod desk;
mod earlier;
mod end;
pub mod progress;
mod resume;
mod send;
mod sent;
mod submit;
mod turn;

pub use alternatives::foremost;
pub use desk::{Desk, told};
pub use resume::resend;
pub use sent::{Included, Sent};
