//! `owner execute`: calls that the owner makes.

use clap::Args;
use starknet_rust::core::types::Call;

use super::Owner;
use crate::commands::abis::{Abis, contract_name, function_name};
use crate::commands::allow;
use crate::commands::answer::Answer;
use crate::commands::exit::Failure;
use crate::commands::options::{ActOptions, Globals};
use crate::commands::transaction::Desk;
use crate::commands::units::named_by;
use crate::commands::value::{NamedCall, named_call};

/// Make calls as the account's owner
///
/// Either all calls are made or none. No list, cap or number of calls limits the owner's key. If an earlier
/// run sent the same calls and nobody saw the result, the command waits for that transaction and sends no
/// other.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness owner execute --network devnet --call STRK:transfer:0xbeef,u256:1000 --dry-run
  session-harness owner execute --network devnet --call STRK:transfer:0xbeef,u256:1000")]
pub struct Execute {
    /// A call, as CONTRACT:FUNCTION:ARGUMENT,ARGUMENT with felts or u256:NUMBER; may be given several times
    #[arg(long = "call", value_name = "CALL", value_parser = named_call, required = true)]
    calls: Vec<NamedCall>,

    /// Make the calls again, even if an earlier run's transaction with the same calls may still be included:
    /// they are then paid twice
    #[arg(long)]
    beside: bool,

    #[command(flatten)]
    act: ActOptions,
}

impl Execute {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let mut abis = Abis::new(&desk.chain);
        for NamedCall { call, function } in &self.calls {
            let Call { to, selector, calldata } = call;
            // The estimate refuses such a call, unless the contract is a proxy.
            if let Some(what) = allow::lacks(&mut abis, *to, function, *selector).await {
                desk.printer.warn(what);
            }
            let abi = abis.told(*to).await;
            let name = abi.and_then(|abi| abi.function_name(*selector)).map(str::to_owned);
            let (function, on) =
                (name.unwrap_or_else(|| function_name(*selector)), contract_name(*to));
            let felts = calldata.len();
            let moved = named_by(&desk.chain, call).await;
            let moved = moved.map_or_else(String::new, |it| format!(": {it}"));
            desk.printer
                .note(format!("the owner calls {on}.{function}, with {felts} felts{moved}"));
        }
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let deed = "make the owner's calls";
        let calls = self.calls.into_iter().map(|it| it.call).collect();
        let sent = if self.beside {
            owner.send_beside(&desk, deed, calls).await?
        } else {
            owner.send(&desk, deed, calls).await?
        };
        let answer =
            Answer::new(sent.said("executed")).felt("account", owner.account.contract().address());
        sent.print(desk.printer, owner.told_payer(&sent, answer))
    }
}
