//! A session that expires, to the second.
//!
//! The protocol shows `__validate__` a time that is rounded down to the full hour. So between a session's
//! last second and the next full hour it is `__execute__` that refuses.

use super::deeds::{pay, register_until};
use crate::demo::report::{Report, Told};
use crate::demo::session::Session;
use crate::demo::stage::HOUR;
use crate::demo::verdict::{Verdict, is_invalid, reverts};
use crate::demo::wallet::Wallet;

/// How many seconds after a full hour the session ends.
const PAST_THE_HOUR: u64 = 25 * 60;
const CALLS: u32 = 4;
const EXPIRED: &str = "Session: expired";

pub async fn tell(wallet: &Wallet, report: &mut Report) -> Told {
    let session = report
        .step("the owner registers one that ends 25 min past an hour", register(wallet))
        .await?;
    report.step("the session pays in its last second", pay_in_time(wallet, &session)).await?;
    report
        .step("it tries one second later: validated, then refused", pay_late(wallet, &session))
        .await?;
    report
        .step(
            "it tries one second later, through the relayer",
            pay_late_from_outside(wallet, &session),
        )
        .await?;
    report.step("it tries in the next full hour", pay_an_hour_late(wallet, &session)).await
}

async fn register(wallet: &Wallet) -> Verdict<Session> {
    let hour = wallet.stage().now().await? / HOUR;
    register_until(wallet, CALLS, (hour + 2) * HOUR + PAST_THE_HOUR).await
}

async fn pay_in_time(wallet: &Wallet, session: &Session) -> Verdict {
    wallet.stage().set_time(session.valid_until()).await?;
    pay(wallet, session, CALLS - 1).await
}

async fn pay_late(wallet: &Wallet, session: &Session) -> Verdict {
    let stage = wallet.stage();
    stage.set_time(session.valid_until() + 1).await?;
    reverts(wallet.try_as_session(session, vec![stage.payment()]).await, EXPIRED)
}

async fn pay_late_from_outside(wallet: &Wallet, session: &Session) -> Verdict {
    let stage = wallet.stage();
    stage.set_time(session.valid_until() + 1).await?;
    let signed = wallet.sign_as_session(session, vec![stage.payment()])?;
    reverts(stage.try_relay(&signed).await, EXPIRED)
}

async fn pay_an_hour_late(wallet: &Wallet, session: &Session) -> Verdict {
    let stage = wallet.stage();
    stage.set_time((session.valid_until() / HOUR + 1) * HOUR).await?;
    is_invalid(wallet.try_as_session(session, vec![stage.payment()]).await)
}
