//! Spending policies: in the batches that one key signs, at most `max_per_window` of a token leaves
//! the account in a window, whichever contracts are called.

mod approvals;
mod left;
mod liars;
mod limits;
mod model;
mod nested;
mod tokens;
