//! Makes a session's calls, in a transaction of the account's own or through a payer.

use session_client::{Fri, Session, SessionContract};
use starknet_rust::core::types::{Call, Felt};

use crate::commands::account;
use crate::commands::acting::Acting;
use crate::commands::answer::Answer;
use crate::commands::exit::{Failure, Kind};
use crate::commands::intent::Intent;
use crate::commands::options::{Globals, PayerOptions, SessionActOptions, SessionPasswordOptions};
use crate::commands::owner::{address_of_payer, open_payer};
use crate::commands::store::Store;
use crate::commands::transaction::{Desk, Sent};

/// The account and the session that makes calls.
pub struct Actor {
    pub desk: Desk,
    pub contract: SessionContract,
    pub session_key: Felt,
    store: Store,
    password: SessionPasswordOptions,
    payer: PayerOptions,
    /// The address of the payer.
    payer_address: Option<Felt>,
}

/// Calls that the session is to make.
pub struct Deed {
    /// What the calls do, in words: `make the session's calls`.
    pub words: &'static str,
    pub calls: Vec<Call>,
    /// What to do if the session may pay no fees, and no payer is named.
    pub without_fees: &'static str,
    /// Whether the calls end the session, so that nothing may delay them.
    pub is_ending: bool,
    /// Whether to make the calls even if an earlier run's transaction with the same calls may still be
    /// included.
    pub is_beside: bool,
}

impl Actor {
    /// Finds the account, and the session that acts: the one of `session_key`, or of the only key in the
    /// folder.
    pub async fn open(
        globals: &Globals,
        session_key: Option<Felt>,
        options: SessionActOptions,
    ) -> Result<Self, Failure> {
        let SessionActOptions { store, password, node, payer, fee } = options;
        let store = Store::new(&store, &node.profile);
        let session_key = store.choose(session_key, globals, &node).await?;
        let desk = Desk::open(globals, &node, fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let payer_address = address_of_payer(&desk, &payer).await?;
        Ok(Self { desk, contract, session_key, store, password, payer, payer_address })
    }

    /// Returns the account that submits and pays in the session's place, if --payer names one.
    pub const fn payer(&self) -> Option<Felt> {
        self.payer_address
    }

    /// Adds to `answer` the account that paid for what was `sent`, if it was another one.
    pub fn told_payer(&self, sent: &Sent, answer: Answer) -> Answer {
        sent.tell_payer(answer, self.contract.address(), self.payer())
    }

    /// Has the session make the calls of `deed`, in a transaction of the account's own or through the payer.
    /// `valid_until` is the session's registered end.
    pub async fn act(&self, deed: Deed, valid_until: u64) -> Result<Sent, Failure> {
        let Deed { words, calls, without_fees, is_ending, is_beside } = deed;
        let chain = &self.desk.chain;
        let address = self.contract.address();
        let payer = open_payer(&self.desk, &self.payer).await?;
        let limit = match &payer {
            None => self.own_fee_limit(without_fees).await?,
            Some(_) => None,
        };
        let key = self.store.open(self.session_key, &self.password)?;
        let session = Session::new(chain.node.clone(), address, key, valid_until);
        let intent = self.intent(&calls, is_ending);
        let (desk, payer) = (&self.desk, payer.as_ref());
        let acting = Acting { desk, intent, deed: words, payer, limit, is_beside };
        acting.by(&session, |execution| session.sign(execution)).await
    }

    /// Goes on with a transaction that makes `calls`, if an earlier run sent it and nobody saw its result. It
    /// may be the account's own or the payer's.
    pub async fn resume(&self, calls: &[Call], is_ending: bool) -> Result<Option<Sent>, Failure> {
        self.desk.resume_same(&self.intent(calls, is_ending)).await
    }

    fn intent<'a>(&self, calls: &'a [Call], is_ending: bool) -> Intent<'a> {
        let account = self.contract.address();
        let payer = self.payer().unwrap_or(account);
        Intent { account, payer, session_key: Some(self.session_key), calls, is_ending }
    }

    /// Returns the fee limit of the session's own transactions.
    async fn own_fee_limit(&self, without_fees: &'static str) -> Result<Option<Fri>, Failure> {
        let limit = self.contract.session_fee_limit(self.session_key).await?;
        if limit == Some(Fri(0)) {
            return Err(no_fees(without_fees));
        }
        Ok(limit)
    }
}

/// Makes the failure of a session that may pay no fees; `remedy` says what to do.
pub fn no_fees(remedy: &str) -> Failure {
    let what = "the session's fee limit is 0, so it works through relayers only: nothing was sent";
    Failure::new(Kind::Account, what).remedy(remedy)
}
