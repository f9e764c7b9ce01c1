//! `wait`: waits again for a transaction that was sent.

use clap::Args;
use session_client::{Error, Finality, Session, Status, Submission};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;

use super::answer::{Answer, Outcome};
use super::exit::Failure;
use super::intent::is_a_payers;
use super::keys;
use super::options::{
    FeeOptions, Globals, NodeOptions, OwnerOptions, PayerOptions, SessionPasswordOptions,
    StoreOptions,
};
use super::owner::{Owner, address_of_payer};
use super::store::Store;
use super::transaction::{Desk, Included, Sent, foremost, progress, rank, resend};
use super::value::hexadecimal;

/// What is said of a transaction that another one replaced.
const REPLACED: &str = "replaced before, and the replacement succeeded";

/// Wait for a transaction that was sent before
///
/// The command needs no key. If the transaction was sent from here and the node does not know it any more,
/// the command sends the same signed bytes again, which pay once. With --replace it sends another transaction
/// with the same calls at the same nonce and a higher price, in case the price of the first is too low by
/// now; only one of the two can be included. This needs the key that signed the first, the owner's or the
/// session's.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness wait --network devnet 0xHASH")]
pub struct Wait {
    /// The transaction's hash
    #[arg(value_parser = hexadecimal)]
    transaction: Felt,

    /// Do not wait for the transaction any more, so that the account's next one may use its nonce. The
    /// command refuses this if the node knows the transaction
    #[arg(long, conflicts_with = "replace")]
    give_up: bool,

    /// Send the same calls at the same nonce, with at least 10 % more tip and price
    #[arg(long)]
    replace: bool,

    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    owner: OwnerOptions,
    #[command(flatten)]
    payer: PayerOptions,
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    password: SessionPasswordOptions,
    #[command(flatten)]
    fee: FeeOptions,
}

impl Wait {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let Self { transaction, give_up, replace, node, owner, payer, store, password, fee } = self;
        if fee.dry_run && !replace {
            return Err(Failure::usage(
                "--dry-run goes with --replace alone: without it, what is lost is sent again, and --give-up \
                 forgets it. Nothing was sent, and nothing forgotten",
                "leave --dry-run away",
            ));
        }
        fee.without_nonce("a replacement has the nonce of what it replaces")?;
        let desk = Desk::open(globals, &node, fee).await?;
        let store = Store::new(&store, &node.profile);
        let (node, printer) = (&desk.chain.node, desk.printer);
        let ours = node.submission(transaction)?;
        let Some(submission) = ours else {
            if !give_up && !replace || !desk.others(transaction).is_empty() {
                return wait_for_the_settled(&desk, transaction).await;
            }
            return Err(Failure::usage(
                format!(
                    "{transaction:#066x} is not open in this journal, so that this command cannot change it: \
                     nothing was sent"
                ),
                progress::NOT_OPEN,
            ));
        };
        if !give_up && !replace {
            return wait(&desk, transaction, submission).await;
        }
        if give_up {
            match submission.clone().give_up().await {
                // It is done, so the answer is whether it succeeded.
                Err(Error::Pending { status: Status::Executed(finality), .. })
                    if finality >= Finality::AcceptedOnL2 =>
                {
                    return wait(&desk, transaction, submission).await;
                }
                given_up => given_up?,
            }
            let answer = Answer::new("given up: the account's next transaction may take its place")
                .was(Outcome::Done);
            return printer.print(answer.felt("transaction", transaction));
        }
        let calls = submission.entry().calls().ok_or(Error::NotKept(transaction))?;
        let account = submission.entry().account;
        let sent = match submission.entry().session() {
            Some((session_key, valid_until)) => {
                let key = store.open(session_key, &password)?;
                let session = Session::new(node.clone(), account, key, valid_until);
                let limit = session.contract().session_fee_limit(session_key).await?;
                desk.replace(&submission, session.execute_v3(calls), limit).await
            }
            None => {
                let key = if address_of_payer(&desk, &payer).await? == Some(account) {
                    keys::payer(&payer, &desk.chain).await?
                } else {
                    keys::owner(&owner, &desk.settings, &desk.chain).await?
                };
                let owner = Owner::with_key(&desk.chain, account, key, None).await;
                let owner = owner.map_err(|failure| match is_a_payers(submission.entry()) {
                    true => failure.remedy(format!(
                        "it is the payer's transaction: give --payer {account:#066x}, with the payer's key"
                    )),
                    false => failure,
                })?;
                desk.replace(&submission, owner.account.execute_v3(calls), None).await
            }
        };
        let sent = sent.map_err(|failure| which(transaction, failure))?;
        match sent.transaction() {
            None => {
                let answer = Answer::new(sent.said("replaced")).felt("replaced", transaction);
                sent.print(printer, answer)
            }
            Some(hash) if hash == transaction => {
                let answer =
                    sent.tell(Answer::new("not replaced: it came first itself, and succeeded"));
                sent.told(printer.print(answer.was(Outcome::CameFirst)))
            }
            Some(_) => {
                let answer = Answer::new("replaced, and the replacement succeeded");
                sent.print(printer, answer.felt("replaced", transaction))
            }
        }
    }
}

/// Tells in `failure` which of `transaction` and what replaces it reverted, if one did.
fn which(transaction: Felt, failure: Failure) -> Failure {
    let which = match failure.reverted() {
        Some(hash) if hash == transaction => "it came first itself, and reverted",
        Some(_) => "its replacement came first, and reverted",
        None => return failure,
    };
    let what = format!("{which}: {}", failure.what());
    failure.but(what)
}

/// Waits for a transaction that is not open in the journal, or for the one that took its place, if it was
/// replaced and this was told before.
async fn wait_for_the_settled(desk: &Desk, hash: Felt) -> Result<(), Failure> {
    let Desk { chain, settings, printer, .. } = desk;
    let (mut now, mut successor) = (chain.node.status_of(hash).await?, None);
    for other in desk.others(hash) {
        // The one that was executed counts, and else one that may be.
        let status = chain.node.status_of(other.hash).await?;
        if !matches!(now, Status::Executed(_)) && rank(status) > rank(now) {
            (now, successor) = (status, Some(other));
        }
    }
    let hash_of = successor.as_ref().map_or(hash, |it| it.hash);
    let outcome = progress::wait_for(&chain.node, hash_of, settings.wait, *printer).await?;
    let told = |outcome: session_client::Outcome| {
        Ok::<_, Failure>(Sent::from(Included::from(outcome.succeeded()?)))
    };
    match successor {
        None => told(outcome)?.print(*printer, Answer::new("included, and it succeeded")),
        Some(other) if other.is_same => {
            let sent = told(outcome).map_err(|failure| which(hash, failure))?;
            sent.print(*printer, Answer::new(REPLACED).felt("replaced", hash))
        }
        Some(other) => Err(progress::overtaken_by(other.hash, hash)),
    }
}

async fn wait(desk: &Desk, hash: Felt, ours: Submission) -> Result<(), Failure> {
    let printer = &desk.printer;
    let (mut first, mut status) = foremost(&ours).await?;
    if status == Status::Unknown && first.is_overtaken().await? {
        // One of them may have landed meanwhile; else none ever does.
        (first, status) = foremost(&ours).await?;
        if status == Status::Unknown {
            return Err(progress::overtaken(hash));
        }
    }
    if status == Status::Unknown && first.is_kept() {
        resend(&first, *printer).await?;
    }
    let is_replaced = first.hash() != hash;
    let included = desk.wait(first).await;
    let sent = Sent::from(match is_replaced {
        true => included.map_err(|failure| which(hash, failure))?,
        false => included?,
    });
    if sent.transaction() == Some(hash) {
        return sent.print(*printer, Answer::new("included, and it succeeded"));
    }
    let answer = Answer::new(REPLACED);
    sent.print(*printer, answer.felt("replaced", hash))
}
