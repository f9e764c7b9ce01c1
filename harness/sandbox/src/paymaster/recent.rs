//! Remembers what AVNU's paymaster was asked to execute in the last 30 s.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use starknet_rust::core::types::Felt;

/// For how long the same nonce is refused again, by this machine's clock, and how many nonces are remembered.
const TIME: Duration = Duration::from_secs(30);
const COUNT: usize = 1_024;

/// The accounts and nonces of the last requests, the oldest first.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<(Instant, Felt, Felt)>>);

impl Recent {
    /// Says whether `account` has not sent `nonce` within the last 30 s, and remembers both. Whatever the
    /// result of the request, the same nonce is refused until then.
    pub fn is_new(&self, account: Felt, nonce: Felt, now: Instant) -> bool {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|(at, ..)| now.duration_since(*at) < TIME);
        if sent.iter().any(|it| (it.1, it.2) == (account, nonce)) {
            return false;
        }
        if sent.len() == COUNT {
            sent.pop_front();
        }
        sent.push_back((now, account, nonce));
        true
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
            recent.is_new(account, nonce, start + Duration::from_secs(seconds))
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
