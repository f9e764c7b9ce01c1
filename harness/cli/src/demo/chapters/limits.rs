//! The limits of a session: which calls it may make, and how many.

use session_client::felt::selector;
use starknet_rust::core::types::Call;

use super::deeds::{pay, pay_from_outside, refuse, register_from_outside, replay};
use crate::demo::report::{Report, Told};
use crate::demo::session::Session;
use crate::demo::stage::HOUR;
use crate::demo::wallet::Wallet;

pub async fn tell(wallet: &Wallet, report: &mut Report) -> Told {
    let session = report
        .step(
            "the owner signs a registration, the relayer submits",
            register_from_outside(wallet, 2),
        )
        .await?;
    hold(wallet, &session, report).await?;
    use_up(wallet, &session, report).await
}

/// Shows the limits on what a session may call.
async fn hold(wallet: &Wallet, session: &Session, report: &mut Report) -> Told {
    let payment = wallet.stage().payment();
    let unlisted = Call { selector: selector("approve"), ..payment.clone() };
    let blocked = Call { selector: selector("upgrade"), ..payment.clone() };
    let to_itself = Call { to: wallet.contract().address(), ..payment.clone() };
    let prolonged = session.claiming(session.valid_until() + HOUR);

    for (tried, session, call, error) in [
        (
            "the session calls `approve`, which is not listed",
            session,
            unlisted,
            "Session: call not allowed",
        ),
        ("it calls the account itself", session, to_itself, "Session: call to the account"),
        (
            "it calls `upgrade`, which is blocked everywhere",
            session,
            blocked,
            "Session: blocked selector",
        ),
        (
            "it claims a `valid_until` one hour later",
            &prolonged,
            payment,
            "Session: wrong valid_until",
        ),
    ] {
        report.step(tried, refuse(wallet, session, call, error)).await?;
    }
    Ok(())
}

/// Shows the limit on the number of calls. Refused transactions use no call; a message that is submitted
/// twice uses one; then no call is left.
async fn use_up(wallet: &Wallet, session: &Session, report: &mut Report) -> Told {
    let signed =
        report.step("it pays through the relayer", pay_from_outside(wallet, session, 1, 1)).await?;
    report.step("the relayer submits the same once more", replay(wallet, &signed)).await?;
    report.step("the session makes its last call", pay(wallet, session, 0)).await?;

    let payment = wallet.stage().payment();
    report
        .step("it tries one call more", refuse(wallet, session, payment, "Session: no calls left"))
        .await
}
