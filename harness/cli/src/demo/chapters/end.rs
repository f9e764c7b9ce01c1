//! The ways in which a session ends before its time: by its own key, by the owner alone, and with all others.

use super::deeds::{refuse, register};
use crate::demo::report::{Report, Told};
use crate::demo::session::Session;
use crate::demo::stage::HOUR;
use crate::demo::verdict::{Mismatch, Reply, Verdict, equal, reverts};
use crate::demo::wallet::Wallet;

const NOT_FOUND: &str = "Session: not found";

pub async fn tell(wallet: &Wallet, report: &mut Report) -> Told {
    let payment = wallet.stage().payment();
    let session = report.step("the owner registers a session", register(wallet, 2)).await?;
    report.step("it logs itself out", log_out(wallet, &session)).await?;
    report
        .step("it tries to pay after that", refuse(wallet, &session, payment.clone(), NOT_FOUND))
        .await?;

    let session = report.step("the owner registers another session", register(wallet, 1)).await?;
    report
        .step("the owner signs its end, the relayer submits it", revoke(wallet, &session))
        .await?;
    report
        .step(
            "the revoked session tries to pay",
            refuse(wallet, &session, payment.clone(), NOT_FOUND),
        )
        .await?;
    report.step("the owner registers its key again", register_again(wallet, &session)).await?;

    let (one, other) = report
        .step("the owner registers two with fresh keys, in one batch", register_two(wallet))
        .await?;
    report.step("the owner revokes all sessions", revoke_all(wallet, [&one, &other])).await?;
    report
        .step("one of the two tries to pay", refuse(wallet, &one, payment.clone(), NOT_FOUND))
        .await?;
    report.step("the other tries to pay", refuse(wallet, &other, payment, NOT_FOUND)).await
}

/// Has the session end itself. Its list need not allow this, so an app can log out without the owner's key.
async fn log_out(wallet: &Wallet, session: &Session) -> Verdict {
    let call = wallet.contract().revoke_session(session.public_key());
    let outcome = wallet.send_as_session(session, vec![call]).await?;
    Ok(Reply::new(active(wallet, &[session], 0).await?).by(&outcome))
}

/// Has the owner revoke the session by an outside execution with a random nonce, which only the relayer may
/// submit. A thief of the session key shares the account's nonce, and could make a plain transaction of the
/// owner fail.
async fn revoke(wallet: &Wallet, session: &Session) -> Verdict {
    let call = wallet.contract().revoke_session(session.public_key());
    let signed = wallet.sign_as_owner(vec![call]).await?;
    let outcome = wallet.stage().relay(&signed).await?;
    Ok(Reply::new(active(wallet, &[session], 0).await?).by(&outcome))
}

async fn register_again(wallet: &Wallet, session: &Session) -> Verdict {
    let sent = wallet.try_as_owner(wallet.registration(session)?).await;
    reverts(sent, "Session: key already used")
}

async fn register_two(wallet: &Wallet) -> Verdict<(Session, Session)> {
    let valid_until = wallet.stage().now().await? + HOUR;
    let (one, other) = (Session::fresh(1, valid_until), Session::fresh(1, valid_until));
    let calls = [wallet.registration(&one)?, wallet.registration(&other)?].concat();
    let outcome = wallet.send_as_owner(calls).await?;
    Ok(Reply::new(active(wallet, &[&one, &other], 2).await?).by(&outcome).with((one, other)))
}

async fn revoke_all(wallet: &Wallet, sessions: [&Session; 2]) -> Verdict {
    let outcome = wallet.send_as_owner(vec![wallet.contract().revoke_all_sessions()]).await?;
    Ok(Reply::new(active(wallet, &sessions, 0).await?).by(&outcome))
}

/// Counts the active ones of `sessions`. It is a mismatch if that is not `expected`.
async fn active(
    wallet: &Wallet,
    sessions: &[&Session],
    expected: usize,
) -> Result<String, Mismatch> {
    let mut active = 0;
    for session in sessions {
        let status = wallet.contract().session_status(session.public_key()).await?;
        active += usize::from(status.is_active);
    }
    equal("active sessions", &expected, &active)?;
    Ok(format!("{active} of {} active", sessions.len()))
}
