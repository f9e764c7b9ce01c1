//! `session fee-limit`: what each of a session's own transactions may cost.

use clap::Args;
use session_client::Fri;
use starknet_rust::core::types::Felt;

use super::description::{Description, tell_fee};
use crate::commands::abis::Abis;
use crate::commands::account;
use crate::commands::answer::{Answer, Outcome};
use crate::commands::exit::Failure;
use crate::commands::options::{ActOptions, Globals, StoreOptions};
use crate::commands::owner::Owner;
use crate::commands::store::Store;
use crate::commands::transaction::{Desk, Sent};
use crate::commands::value::{FeeLimit as Limit, hexadecimal};

/// Set, change or remove the limit on the fee of each of a session's own transactions
///
/// With the limit 0 a session can send no transaction of its own, and works only through relayers. The limit
/// belongs to the key and stays when the session ends. The answer ends with what a thief of the key can take
/// from then on. The command does nothing if the limit is set so already.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session fee-limit --network devnet --limit 0.3
  session-harness session fee-limit --network devnet --limit none --dry-run")]
pub struct FeeLimit {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    /// The limit in STRK; 0 for relayers only; none for no limit
    #[arg(long, value_name = "STRK")]
    limit: Limit,

    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    act: ActOptions,
}

impl FeeLimit {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let store = Store::new(&self.store, &self.act.node.profile);
        let session_key = store.choose(self.session_key, globals, &self.act.node).await?;
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let mut abis = Abis::new(&desk.chain);
        desk.in_block(contract.address(), "get_session_fee_limit", &[session_key]).await?;
        let described = Description::of(&desk.chain, &contract, session_key).await?;
        let before = described.fee_limit;
        if before == self.limit.most() {
            let answer = tell(Answer::new("already so: nothing was sent"), session_key, before)
                .was(Outcome::Unchanged);
            return desk.printer.print(described.warn(answer, &mut abis).await);
        }
        if described.session.is_none() {
            desk.printer.warn(format!(
                "the account has no session of the key {session_key:#066x}. The limit will hold for a \
                 session that is registered later, and `session register` may set another limit"
            ));
        }
        if self.limit == Limit::None {
            desk.printer.warn("the session's transactions may cost all STRK of the account");
        }
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let (call, done) = match self.limit {
            Limit::Most(fri) => (contract.set_session_fee_limit(session_key, fri), "set"),
            Limit::None => (contract.remove_session_fee_limit(session_key), "lifted"),
        };
        let sent = owner.send(&desk, "change the session's fee limit", vec![call]).await?;
        let described = match &sent {
            Sent::Included(_) => {
                sent.then(Description::of(&desk.chain, &contract, session_key).await)?
            }
            Sent::Estimated(_) => Description { fee_limit: self.limit.most(), ..described },
        };
        let answer = tell(Answer::new(sent.said(done)), session_key, described.fee_limit);
        let answer = owner.told_payer(&sent, tell_fee(answer, "fee_limit_before", before));
        let answer = sent.tell(answer);
        sent.told(desk.printer.print(described.warn(answer, &mut abis).await))
    }
}

fn tell(answer: Answer, session_key: Felt, limit: Option<Fri>) -> Answer {
    tell_fee(answer.felt("session_key", session_key), "fee_limit", limit)
}
