//! Steps that several chapters share.

use session_client::SignedOutsideExecution;
use starknet_rust::core::types::{Call, Felt};

use crate::demo::session::Session;
use crate::demo::stage::HOUR;
use crate::demo::verdict::{Mismatch, Reply, Verdict, equal, is_invalid, panics, reverts};
use crate::demo::wallet::Wallet;

/// Has the owner register a fresh session of one hour.
pub async fn register(wallet: &Wallet, max_calls: u32) -> Verdict<Session> {
    let valid_until = wallet.stage().now().await? + HOUR;
    register_until(wallet, max_calls, valid_until).await
}

/// Has the owner register a fresh session that ends with `valid_until`, in Unix seconds.
pub async fn register_until(wallet: &Wallet, max_calls: u32, valid_until: u64) -> Verdict<Session> {
    let session = Session::fresh(max_calls, valid_until);
    let outcome = wallet.send_as_owner(wallet.registration(&session)?).await?;
    Ok(Reply::new(left(wallet, &session, max_calls).await?).by(&outcome).with(session))
}

/// Has the owner sign the registration of a session of one hour, and the relayer submit it.
pub async fn register_from_outside(wallet: &Wallet, max_calls: u32) -> Verdict<Session> {
    let session = Session::fresh(max_calls, wallet.stage().now().await? + HOUR);
    let signed = wallet.sign_as_owner(wallet.registration(&session)?).await?;
    let outcome = wallet.stage().relay(&signed).await?;
    Ok(Reply::new(left(wallet, &session, max_calls).await?).by(&outcome).with(session))
}

/// Has the session pay once, in a plain transaction, which leaves it `remaining` calls.
pub async fn pay(wallet: &Wallet, session: &Session, remaining: u32) -> Verdict {
    let stage = wallet.stage();
    let paid = stage.paid().await?;
    let outcome = wallet.send_as_session(session, vec![stage.payment()]).await?;
    equal("FRI paid", &(paid + 1), &stage.paid().await?)?;
    Ok(Reply::new(left(wallet, session, remaining).await?).by(&outcome))
}

/// Has the session sign `payments` in one batch and the relayer submit it, which leaves `remaining` calls.
pub async fn pay_from_outside(
    wallet: &Wallet,
    session: &Session,
    payments: u8,
    remaining: u32,
) -> Verdict<SignedOutsideExecution> {
    let stage = wallet.stage();
    let paid = stage.paid().await?;
    let calls = (0..payments).map(|_| stage.payment()).collect();
    let signed = wallet.sign_as_session(session, calls)?;
    let outcome = stage.relay(&signed).await?;
    equal("FRI paid", &(paid + u128::from(payments)), &stage.paid().await?)?;
    Ok(Reply::new(left(wallet, session, remaining).await?).by(&outcome).with(signed))
}

/// Submits `signed` once more. The account must refuse it.
pub async fn replay(wallet: &Wallet, signed: &SignedOutsideExecution) -> Verdict {
    let nonce = signed.outside_execution.nonce;
    let is_unspent = wallet.contract().is_valid_outside_execution_nonce(nonce).await?;
    equal("its nonce is unspent", &false, &is_unspent)?;
    reverts(wallet.stage().try_relay(signed).await, "SRC9: duplicated nonce")
}

/// Checks that the account refuses `call` to the session, both ways. In a plain transaction `__validate__`
/// returns 0, and the transaction is in no block. Through the relayer the account reverts with `error`.
pub async fn refuse(wallet: &Wallet, session: &Session, call: Call, error: &str) -> Verdict {
    let calls = vec![call];
    is_invalid(wallet.try_as_session(session, calls.clone()).await)?;
    let signed = wallet.sign_as_session(session, calls)?;
    let (error, outcome) = panics(wallet.stage().try_relay(&signed).await, error)?;
    Ok(Reply::new(format!("not included; relayed: {error}")).by(&outcome))
}

/// Returns how many calls the session has left. It is a mismatch if that is not `remaining`.
pub async fn left(wallet: &Wallet, session: &Session, remaining: u32) -> Result<String, Mismatch> {
    let status = wallet.contract().session_status(session.public_key()).await?;
    equal("calls left", &remaining, &status.remaining_calls)?;
    Ok(format!("{} of {} calls left", status.remaining_calls, session.max_calls))
}

/// What the account's views and the chain say of an account.
pub struct Seen {
    pub class_hash: Felt,
    pub owner: Felt,
}

/// Looks up the account. It is a mismatch if its class is not `class_hash` or its owner has changed.
pub async fn see(wallet: &Wallet, class_hash: Felt) -> Result<Seen, Mismatch> {
    let contract = wallet.contract();
    let seen = Seen {
        class_hash: wallet.stage().class_of(contract.address()).await?,
        owner: contract.public_key().await?,
    };
    equal("class", &whole(class_hash), &whole(seen.class_hash))?;
    equal("owner", &whole(wallet.owner_key()), &whole(seen.owner))?;
    Ok(seen)
}

/// Returns the first and last digits of a felt.
pub fn short(felt: Felt) -> String {
    let digits = whole(felt);
    match (digits.get(..10), digits.get(62..)) {
        (Some(head), Some(tail)) => format!("{head}…{tail}"),
        _ => digits,
    }
}

fn whole(felt: Felt) -> String {
    felt.to_fixed_hex_string()
}
