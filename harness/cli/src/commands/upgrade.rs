//! `upgrade`: moves an account to another class.

use clap::Args;
use session_client::{SessionContract, class};
use starknet_rust::core::types::Felt;

use super::account;
use super::answer::Answer;
use super::exit::{Failure, Kind};
use super::options::{ActOptions, Globals};
use super::owner::Owner;
use super::transaction::Desk;
use super::value::hexadecimal;

/// Move an account to another class
///
/// Every session ends. By default to the embedded class, so an OpenZeppelin account can move here
/// with its owner and its spent nonces. Does nothing if the account is of that class.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness upgrade --network devnet")]
pub struct Upgrade {
    /// The class to move to [default: the embedded one's hash]
    #[arg(long, value_name = "HASH", value_parser = hexadecimal)]
    class_hash: Option<Felt>,

    #[command(flatten)]
    act: ActOptions,
}

impl Upgrade {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let class_hash = match self.class_hash {
            Some(class_hash) => class_hash,
            None => class::session_account()?.class_hash,
        };
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let chain = &desk.chain;
        let address = account::address(&desk.settings, &chain.network)?;
        let answer = |said: String| {
            Answer::new(said).felt("account", address).felt("class_hash", class_hash)
        };

        if chain.class_in_block(address).await? == Some(class_hash) {
            return desk
                .printer
                .print(answer("already of this class: nothing was sent".to_owned()));
        }
        if !chain.is_declared(class_hash).await? {
            return Err(Failure::new(
                Kind::Chain,
                format!("the class {class_hash:#066x} is not declared on {}", chain.network),
            )
            .remedy("run `declare` first, or check the hash"));
        }
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let contract = SessionContract::new(address, chain.node.clone());
        let sent =
            owner.send(&desk, "upgrade the account", vec![contract.upgrade(class_hash)]).await?;
        sent.print(desk.printer, answer(sent.said("upgraded")))
    }
}
