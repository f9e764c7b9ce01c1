//! Registered, used, watched.

use super::deeds::{left, pay, pay_from_outside, register};
use crate::demo::report::{Report, Told};
use crate::demo::session::Session;
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
    report.step("anybody looks the session up", look_up(wallet, &session, 1)).await
}

/// What the account shows of a session that has `remaining` calls left.
async fn look_up(wallet: &Wallet, session: &Session, remaining: u32) -> Verdict {
    let status = wallet.contract().session_status(session.public_key()).await?;
    let limits = &session.limits;
    equal("active", &true, &status.is_active)?;
    equal("valid_until", &limits.valid_until, &status.valid_until)?;
    let listed = wallet.contract().session_allowed_calls(session.public_key()).await?;
    let is_listed = listed == limits.allowed_calls;
    equal("it may call what was registered", &true, &is_listed)?;

    let minutes = status.valid_until.saturating_sub(wallet.stage().now().await?) / 60;
    let left = left(wallet, session, remaining).await?;
    Ok(Reply::new(format!("active for {minutes} min, {left}")))
}
