//! A session that acts: in a transaction of its own, or through a payer.

use session_client::{
    Fri, OutsideExecution, Session, SessionContract, SignedOutsideExecution, Submission,
};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};

use crate::commands::account;
use crate::commands::exit::{Failure, Kind};
use crate::commands::options::{Globals, PayerOptions, SessionActOptions, SessionPasswordOptions};
use crate::commands::owner::{WINDOW, open_payer};
use crate::commands::store::Store;
use crate::commands::transaction::{Desk, Sent};

/// A session that makes calls.
pub struct Actor {
    pub desk: Desk,
    pub contract: SessionContract,
    pub session_key: Felt,
    store: Store,
    password: SessionPasswordOptions,
    payer: PayerOptions,
}

impl Actor {
    /// Finds the account, and which session acts: that of `session_key`, or of the only key that is
    /// here.
    pub async fn open(
        globals: &Globals,
        session_key: Option<Felt>,
        options: SessionActOptions,
    ) -> Result<Self, Failure> {
        let SessionActOptions { store, password, node, payer, fee } = options;
        let store = Store::new(&store);
        let session_key = store.choose(session_key)?;
        let desk = Desk::open(globals, &node, fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        Ok(Self { desk, contract, session_key, store, password, payer })
    }

    /// Returns the account that submits and pays in the session's place, if one is named.
    pub const fn payer(&self) -> Option<Felt> {
        self.payer.payer
    }

    /// Has the session, which ends with `valid_until` as registered, make `calls`, which `deed` names:
    /// in a transaction of its own, or through the payer that is named. `without_fees` says what to do
    /// if the session may pay no fees and nobody else does.
    pub async fn act(
        &self,
        deed: &str,
        calls: Vec<Call>,
        valid_until: u64,
        without_fees: &'static str,
    ) -> Result<Sent, Failure> {
        let chain = &self.desk.chain;
        let address = self.contract.address();
        let payer = open_payer(chain, &self.payer).await?;
        self.is_new(payer.as_ref().map(Account::address), &calls)?;
        let limit = match &payer {
            None => self.own_fee_limit(without_fees).await?,
            Some(_) => None,
        };
        let key = self.store.open(self.session_key, &self.password)?;
        let session = Session::new(chain.node.clone(), address, key, valid_until);
        match payer {
            None => {
                let transaction = session.execute_v3(calls);
                self.desk.send_within(address, deed, transaction, limit, |_| Ok(())).await
            }
            Some(payer) => {
                let before = chain.now().await?.saturating_add(WINDOW);
                let execution = OutsideExecution::new(calls, before).only_by(payer.address());
                let signed = session.sign(execution)?;
                self.desk.send(payer.address(), deed, payer.execute_v3(vec![signed.call()])).await
            }
        }
    }

    /// Refuses `calls` that an earlier run sent, in the account's name or through `payer`, and whose end
    /// nobody saw: nothing on chain tells a payment that is made twice from two payments.
    fn is_new(&self, payer: Option<Felt>, calls: &[Call]) -> Result<(), Failure> {
        let address = self.contract.address();
        if self.desk.fee.dry_run {
            return Ok(());
        }
        let is_same = |made: Vec<Call>| match (payer, &made[..]) {
            (Some(_), [call]) => SignedOutsideExecution::from_calldata(call.to, &call.calldata)
                .is_some_and(|it| it.account == address && it.outside_execution.calls == calls),
            _ => made == calls,
        };
        let open = self.desk.chain.node.unsettled(payer.unwrap_or(address))?;
        let before = open.iter().find(|it| it.entry().calls().is_some_and(is_same));
        let Some(hash) = before.map(Submission::hash) else { return Ok(()) };
        let what =
            "these calls were sent before, and no run saw what became of them: nothing was sent";
        Err(Failure::new(Kind::Pending, what)
            .remedy(format!(
                "`session-harness wait {hash:#066x}` tells what became of them; run this again after it \
                 to make them once more"
            ))
            .of(hash))
    }

    /// Returns what the session's own transaction may cost.
    async fn own_fee_limit(&self, without_fees: &'static str) -> Result<Option<Fri>, Failure> {
        let limit = self.contract.session_fee_limit(self.session_key).await?;
        if limit == Some(Fri(0)) {
            return Err(no_fees(without_fees));
        }
        Ok(limit)
    }
}

/// Says that the session may pay no fees; `remedy` says what to do.
pub fn no_fees(remedy: &str) -> Failure {
    let what = "the session's fee limit is 0, so it works through relayers only: nothing was sent";
    Failure::new(Kind::Account, what).remedy(remedy)
}
