//! `upgrade`: moves an account to another class.

use clap::Args;
use session_client::{SessionContract, class};
use starknet_rust::core::types::Felt;

use super::account;
use super::answer::{Answer, Outcome, hex};
use super::ending::Ending;
use super::exit::{Failure, Kind};
use super::options::{ActOptions, Globals};
use super::owner::Owner;
use super::transaction::Desk;
use super::value::hexadecimal;

/// Move an account to another class
///
/// Every session ends. By default the account moves to the embedded class, so that an OpenZeppelin account
/// can move here with its owner and its spent nonces. The command refuses an account that stores its owner's
/// key elsewhere, such as Braavos's and Argent's, since nobody could control it any more. It shows the
/// account's class and how many sessions end, and asks before it sends, except on a devnet where none ends.
/// It does nothing if the account is of that class already.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness upgrade --network devnet")]
pub struct Upgrade {
    /// Hash of the class to move to [default: the embedded one's]
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
        let address = account::address(&desk.settings, chain).await?;
        let answer = |said: String| {
            Answer::new(said).felt("account", address).felt("class_hash", class_hash)
        };

        let class_now = chain.class_in_block(address).await?;
        if class_now == Some(class_hash) {
            return desk.printer.print(
                answer("already of this class: nothing was sent".to_owned())
                    .was(Outcome::Unchanged),
            );
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
        keeps_its_key(&contract, owner.public_key).await?;
        let ending = Ending::of(&contract).await;
        let from = class_now.map_or_else(|| "no class".to_owned(), hex);
        let what = format!("{} moves from {from} to {}", hex(address), hex(class_hash));
        ending.agree(&desk, &what)?;
        let sent =
            owner.send(&desk, "upgrade the account", vec![contract.upgrade(class_hash)]).await?;
        let answer = answer(sent.said("upgraded"));
        let answer =
            answer.with("class_before", class_now.map(hex)).with("sessions_ended", ending.0);
        sent.print(desk.printer, owner.told_payer(&sent, answer))
    }
}

/// Checks that the account's storage holds `public_key` where the new class will look for it. Not every
/// account that answers `get_public_key` stores its key there, and the account's answer may be anything.
async fn keeps_its_key(contract: &SessionContract, public_key: Felt) -> Result<(), Failure> {
    let stored = contract.stored_public_key().await?;
    if stored == public_key {
        return Ok(());
    }
    let account = hex(contract.address());
    let what = if stored == Felt::ZERO {
        format!("{account} keeps no owner's key where OpenZeppelin's accounts do")
    } else {
        format!("{account} keeps another owner's key, {}, where OpenZeppelin's do", hex(stored))
    };
    Err(Failure::new(
        Kind::Account,
        format!("{what}: upgraded, it would be nobody's for ever. Nothing was sent"),
    )
    .remedy(
        "accounts of other makers (Braavos, Argent) cannot be moved here: `deploy` a fresh account \
         and send it what this one holds",
    ))
}
