//! Decides which of the processes that share a journal may send for an account.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use starknet_rust::core::types::Felt;
use tokio::time::{Instant, sleep};

use crate::commands::answer::Printer;
use crate::commands::exit::Failure;
use crate::files::{has_no_locks, to_lock};

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// The right to send for an account. It ends when this value is dropped, or with the process.
pub struct Turn(#[expect(dead_code, reason = "it is held")] File);

impl Turn {
    /// Waits until no other process that uses the journal in `folder` sends for `account`. Returns `None` if
    /// another one still does after `limit`.
    pub async fn take(
        folder: &Path,
        account: Felt,
        limit: Duration,
        printer: Printer,
    ) -> Result<Option<Self>, Failure> {
        let path = folder.join(format!("{account:#066x}.lock"));
        let failed = |error| Failure::file(&path, error);
        fs::create_dir_all(folder).map_err(failed)?;
        let file = to_lock(&path).map_err(failed)?;
        let start = Instant::now();
        let mut was_told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                    let path = path.display();
                    printer.warn(format!(
                        "{path}: this file system has no locks: run one command at a time"
                    ));
                    return Ok(Some(Self(file)));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= limit => return Ok(None),
                Err(TryLockError::WouldBlock) => {}
            }
            if !was_told {
                printer.note("another command sends for this account: waiting for its turn");
                was_told = true;
            }
            sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_is_waited_for_within_a_limit_and_ends_with_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let take = || {
            let limit = Duration::from_millis(60);
            Turn::take(folder.path(), Felt::ONE, limit, Printer { json: true })
        };
        let held = take().await.unwrap();
        assert!(held.is_some());
        assert!(take().await.unwrap().is_none());
        drop(held);
        assert!(take().await.unwrap().is_some());
    }
}
