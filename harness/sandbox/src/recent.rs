//! Remembers what AVNU's paymaster sent in the last 30 s.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use starknet_rust::core::types::Felt;

/// For how long the same nonce is refused again, by this machine's clock, and how many nonces are remembered.
const TIME: Duration = Duration::from_secs(30);
const COUNT: usize = 1_024;

/// The accounts and nonces of what was sent, the oldest first.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<(Instant, Felt, Felt)>>);

impl Recent {
    /// Says whether no `nonce` of `account` was sent within the last 30 s.
    pub fn is_new(&self, account: Felt, nonce: Felt, now: Instant) -> bool {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|(at, ..)| now.duration_since(*at) < TIME);
        !sent.iter().any(|it| (it.1, it.2) == (account, nonce))
    }

    /// Remembers that `nonce` of `account` was sent, whatever became of it. What was refused before it was
    /// sent does not count: otherwise anybody who knows the nonce could use it up.
    pub fn remember(&self, account: Felt, nonce: Felt, now: Instant) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() == COUNT {
            sent.pop_front();
        }
        sent.push_back((now, account, nonce));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_account_and_nonce_are_taken_again_after_30_s_and_no_more_than_some_are_remembered()
    {
        let (recent, start) = (Recent::default(), Instant::now());
        let is_new = |account: Felt, nonce: Felt, seconds: u64| {
            let now = start + Duration::from_secs(seconds);
            let is_new = recent.is_new(account, nonce, now);
            if is_new {
                recent.remember(account, nonce, now);
            }
            is_new
        };
        assert!(is_new(Felt::ONE, Felt::TWO, 0));
        assert!(is_new(Felt::TWO, Felt::TWO, 0) && is_new(Felt::ONE, Felt::THREE, 0));
        // A repeated request does not start the 30 s again.
        assert!(!is_new(Felt::ONE, Felt::TWO, 29));
        assert!(is_new(Felt::ONE, Felt::TWO, 30) && !is_new(Felt::ONE, Felt::TWO, 30));
        for nonce in 10..2_000_u64 {
            assert!(is_new(Felt::ONE, nonce.into(), 31));
        }
        assert_eq!(recent.0.lock().map_or(0, |it| it.len()), COUNT);
    }
}
