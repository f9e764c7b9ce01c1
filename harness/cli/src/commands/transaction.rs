//! A transaction's way: estimated, shown, agreed to, sent, waited for.
//!
//! Each of these builds on those before it: a [`desk`] with what all have in common; the [`turn`] of a
//! process; the [`progress`] of a wait; what became of [`earlier`] transactions and of what was [`sent`];
//! what an earlier run sent, to [`resume`]; how one is [`submit`]ted; the [`end`] of sessions, which nothing
//! holds up; and what commands [`send`].

mod desk;
mod earlier;
mod end;
pub mod progress;
mod resume;
mod send;
mod sent;
mod submit;
mod turn;

pub use desk::{Desk, told};
pub use resume::resend;
pub use sent::Sent;
