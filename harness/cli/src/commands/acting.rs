//! Calls that an account makes: in a transaction of its own, or in one that another account submits and
//! pays.

use session_client::{self as client, Fri, OutsideExecution, SignedOutsideExecution, Transaction};
use starknet_rust::accounts::{Account, ConnectedAccount};

use super::exit::Failure;
use super::intent::Intent;
use super::transaction::{Desk, Sent};

/// For how many seconds a payer can submit what was signed for it.
pub use session_client::OUTSIDE_WINDOW as WINDOW;

/// What is to be done, and who pays for it.
pub struct Acting<'a> {
    pub desk: &'a Desk,
    pub intent: Intent<'a>,
    /// Its name: `make the owner's calls`.
    pub deed: &'a str,
    /// Who submits and pays; `None` for a transaction of the account's own.
    pub payer: Option<&'a client::Owner>,
    /// What a transaction of the account's own may cost; `None` if there is no limit.
    pub limit: Option<Fri>,
    /// Whether it is made beside the same calls of an earlier run.
    pub is_beside: bool,
}

impl Acting<'_> {
    /// Has `account` make the calls; `sign` signs in its name what a payer submits. What an earlier run sent
    /// and nobody saw the end of is gone on with in their place, unless they are made beside it.
    pub async fn by<A: ConnectedAccount + Sync>(
        &self,
        account: &A,
        sign: impl FnOnce(OutsideExecution) -> client::Result<SignedOutsideExecution>,
    ) -> Result<Sent, Failure> {
        let calls = self.intent.calls;
        let Some(payer) = self.payer else {
            return self.send(|| account.execute_v3(calls.to_vec()), self.limit).await;
        };
        let before = self.desk.chain.now().await?.saturating_add(WINDOW);
        let execution = OutsideExecution::new(calls.to_vec(), before).only_by(payer.address());
        let signed = sign(execution)?;
        self.send(|| payer.execute_v3(vec![signed.call()]), None).await
    }

    async fn send<T: Transaction>(
        &self,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        let Self { desk, intent, deed, is_beside, .. } = self;
        if *is_beside {
            return desk.send_recorded(intent, deed, make, limit, |_| Ok(())).await;
        }
        desk.send(intent, deed, make, limit).await
    }
}
