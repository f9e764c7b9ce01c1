//! What leaves is counted, whichever contract is called: at most `max_per_window` of a token with a
//! policy in the batches that one key signs.

mod approvals;
mod left;
mod liars;
mod limits;
mod model;
mod nested;
mod tokens;
