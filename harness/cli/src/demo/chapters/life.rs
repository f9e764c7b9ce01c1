//! A session that is registered, used, and looked up.

use super::deeds::{left, pay, pay_from_outside, register};
use crate::demo::report::{Report, Told};
use crate::demo::session::Session;
use crate::demo::stage::HOUR;
use crate::demo::verdict::{Reply, Verdict, equal};
use crate::demo::wallet::Wallet;

pub async fn tell(wallet: &Wallet, report: &mut Report) -> Told {
    let session = report
        .step("the owner registers one: STRK's `transfer`, 3 calls", register(wallet, 3))
        .await?;
    report.step("the session pays 1 FRI, and the fee", pay(wallet, &session, 2)).await?;
    report
        .step(
            "it signs 2 payments, the relayer submits the batch",
            pay_from_outside(wallet, &session, 2, 1),
        )
        .await?;
    report.step("anybody looks the session up", look_up(wallet, &session, 1)).await?;
    report
        .step("a registration and its first payment, relayed in one", register_and_pay(wallet))
        .await
}

/// Has the owner sign the registration, the session sign its first payment before it is registered, and the
/// relayer submit both in one transaction. So a user's first payment needs no waiting and no fee.
async fn register_and_pay(wallet: &Wallet) -> Verdict {
    let stage = wallet.stage();
    let paid = stage.paid().await?;
    let session = Session::fresh(2, stage.now().await? + HOUR);
    let registration = wallet.sign_as_owner(wallet.sponsored_registration(&session)?).await?;
    let payment = wallet.sign_as_session(&session, vec![stage.payment()])?;
    let outcome = stage.relay_at_once(&[registration, payment]).await?;
    equal("FRI paid", &(paid + 1), &stage.paid().await?)?;
    Ok(Reply::new(left(wallet, &session, 1).await?).by(&outcome))
}

/// Checks that the account's views show the session with `remaining` calls left.
async fn look_up(wallet: &Wallet, session: &Session, remaining: u32) -> Verdict {
    let status = wallet.contract().session_status(session.public_key()).await?;
    equal("active", &true, &status.is_active)?;
    equal("valid_until", &session.valid_until(), &status.valid_until)?;
    let listed = wallet.contract().allowed(session.public_key()).await?;
    let is_listed = listed.as_ref() == Some(session.grant.list());
    equal("it may call what was registered", &true, &is_listed)?;

    let minutes = status.valid_until.saturating_sub(wallet.stage().now().await?) / 60;
    let left = left(wallet, session, remaining).await?;
    Ok(Reply::new(format!("active for {minutes} min, {left}")))
}
