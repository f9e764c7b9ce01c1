use std::sync::Arc;

use clap::Args;
use session_harness::name::selector;
use session_harness::{
    BLOCKED_FUNCTIONS, OutsideExecution, SessionAccount, SessionContract, SessionStatus,
};
use starknet_rust_accounts::Account;
use starknet_rust_core::types::{Call, Felt};

use crate::cli::account;
use crate::cli::answer::Answer;
use crate::cli::chain::Node;
use crate::cli::exit::{Failure, Kind};
use crate::cli::options::{
    FeeOptions, Globals, NodeOptions, PayerOptions, SessionPasswordOptions, StoreOptions,
};
use crate::cli::owner::{WINDOW, open_payer};
use crate::cli::store::Store;
use crate::cli::transaction::Desk;
use crate::cli::value::{Strk, call, hexadecimal};

/// Make calls with a session key
///
/// The account pays, or with --payer another account does. All calls are made, or none.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session execute --network devnet --call STRK:transfer:0xbeef,u256:1000")]
pub struct Execute {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    /// A call, as CONTRACT:FUNCTION:ARGUMENT,ARGUMENT with felts or u256:NUMBER; again for more
    #[arg(long = "call", value_name = "CALL", value_parser = call, required = true)]
    calls: Vec<Call>,

    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    password: SessionPasswordOptions,
    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    payer: PayerOptions,
    #[command(flatten)]
    fee: FeeOptions,
}

impl Execute {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let store = Store::new(&self.store);
        let session_key = store.choose(self.session_key)?;
        let desk = Desk::open(globals, &self.node, self.fee).await?;
        let chain = &desk.chain;
        let contract = account::open(&desk.settings, chain).await?;
        let address = contract.address();
        let status = usable(&contract, session_key, &self.calls, chain.now().await?).await?;
        let payer = open_payer(chain, &self.payer).await?;
        let limit = match &payer {
            None => own_fee_limit(&contract, session_key).await?,
            Some(_) => None,
        };

        let key = store.open(session_key, &self.password)?;
        let deed = "make the session's calls";
        let sent = match payer {
            None => {
                let node = chain.node.clone();
                let valid_until = status.valid_until;
                let session =
                    SessionAccount::new(node, address, chain.chain_id, Arc::new(key), valid_until);
                let transaction = session.execute_v3(self.calls);
                desk.send_within(address, deed, transaction, limit, |_| Ok(())).await?
            }
            Some(payer) => {
                let before = chain.now().await?.saturating_add(WINDOW);
                let signed = OutsideExecution::new(self.calls, before)
                    .only_by(payer.address())
                    .sign_as_session(address, chain.chain_id, &key, status.valid_until)?;
                desk.send(payer.address(), deed, payer.execute_v3(vec![signed.call()])).await?
            }
        };
        let left = sent.then(contract.session_status(session_key).await)?.remaining_calls;
        let answer = Answer::new(sent.said("executed")).felt("session_key", session_key);
        sent.print(desk.printer, answer.with("remaining_calls", left))
    }
}

/// What `__validate__` would refuse without a word of why.
async fn usable(
    contract: &SessionContract<Node>,
    session_key: Felt,
    calls: &[Call],
    now: u64,
) -> Result<SessionStatus, Failure> {
    let refused = |what: String, remedy: &str| {
        Err(Failure::new(Kind::Account, format!("{what}: nothing was sent")).remedy(remedy))
    };
    let another = "create a fresh session key and register that";
    let data = contract.session_data(session_key).await?;
    let status = contract.session_status(session_key).await?;
    if data.max_calls == 0 {
        return refused(
            "the account has no such session".to_owned(),
            "register it, or if it was revoked, create and register a fresh key",
        );
    }
    if now > data.valid_until {
        return refused(format!("the session has ended, at {}", data.valid_until), another);
    }
    if data.calls_used >= data.max_calls {
        return refused(format!("the session has used up its {} calls", data.max_calls), another);
    }

    let allowed = contract.session_allowed_calls(session_key).await?;
    for call in calls {
        if call.to == contract.address() {
            return refused(
                "a session may call nothing on its own account".to_owned(),
                "have the owner call it",
            );
        }
        if BLOCKED_FUNCTIONS.iter().any(|name| selector(name) == call.selector) {
            return refused(
                "no session may call this function on any contract".to_owned(),
                "have the owner call it",
            );
        }
        let is_listed = allowed.iter().any(|entry| {
            entry.selector == call.selector && (entry.to == Felt::ZERO || entry.to == call.to)
        });
        if !allowed.is_empty() && !is_listed {
            return refused(
                format!("the session may not call {:#x} on {:#066x}", call.selector, call.to),
                "`session status` shows what it may call",
            );
        }
    }
    Ok(status)
}

/// What the session's own transaction may cost.
async fn own_fee_limit(
    contract: &SessionContract<Node>,
    session_key: Felt,
) -> Result<Option<Strk>, Failure> {
    let limit = contract.session_fee_limit(session_key).await?;
    if limit == Some(0) {
        return Err(Failure::new(Kind::Account, "the session may pay no fees: nothing was sent")
            .remedy("name a --payer, or register a fresh session with a --fee-limit"));
    }
    Ok(limit.map(Strk))
}
