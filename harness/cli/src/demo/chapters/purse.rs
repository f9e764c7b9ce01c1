//! Limits on spending: on a token, per call and per window, and on fees.

use session_client::Fri;
use session_client::{SpendingLimits, token};
use starknet_rust::core::types::Call;

use super::deeds::{left, pay_from_outside, refuse};
use crate::demo::report::{Report, Told};
use crate::demo::session::Session;
use crate::demo::stage::HOUR;
use crate::demo::verdict::{Reply, Verdict, equal, is_invalid, reverts};
use crate::demo::wallet::Wallet;

/// In FRI.
const PER_CALL: u128 = 10;
const PER_WINDOW: u128 = 15;
const CALLS: u32 = 20;
/// In FRI for each unit of L2 gas: far over the session's fee limit.
const TIP: u64 = 5_000_000_000;
const OVER_CALL: &str = "Spending: over call maximum";
const OVER_WINDOW: &str = "Spending: over window maximum";

pub async fn tell(wallet: &Wallet, report: &mut Report) -> Told {
    let session =
        report.step("the owner registers one: 10 FRI a call, 15 an hour", register(wallet)).await?;
    spend(wallet, &session, report).await?;
    report.step("it offers a tip over its fee limit", tip(wallet, &session)).await?;
    let sponsored = report
        .step("the owner registers one with the fee limit 0", register_sponsored(wallet))
        .await?;
    report.step("it tries to pay a fee", pay_a_fee(wallet, &sponsored)).await?;
    report
        .step("it pays through the relayer", pay_from_outside(wallet, &sponsored, 1, CALLS - 1))
        .await
        .map(drop)
}

/// Shows a window that fills up, and starts anew an hour later.
async fn spend(wallet: &Wallet, session: &Session, report: &mut Report) -> Told {
    let stage = wallet.stage();
    let payment = |amount| stage.payment_of(amount);
    let of_ether = Call { to: token::ETH, ..payment(1) };
    report
        .step(
            "the session pays in a token that is not listed",
            refuse(wallet, session, of_ether, "Session: call not allowed"),
        )
        .await?;
    for (tried, payments, error) in [
        ("it pays 11 FRI at once", vec![payment(11)], Some(OVER_CALL)),
        ("it pays 10 FRI", vec![payment(10)], None),
        ("it pays 3 FRI twice in one batch", vec![payment(3), payment(3)], Some(OVER_WINDOW)),
        ("it pays 5 FRI, and has spent its hour's 15", vec![payment(5)], None),
        ("it pays 1 FRI more", vec![payment(1)], Some(OVER_WINDOW)),
    ] {
        match error {
            Some(error) => report.step(tried, overspend(wallet, session, payments, error)).await?,
            None => report.step(tried, pay(wallet, session, payments)).await?,
        }
    }
    report
        .step("an hour after its first payment it pays 10 FRI again", pay_later(wallet, session))
        .await
}

async fn register(wallet: &Wallet) -> Verdict<Session> {
    let limits = SpendingLimits {
        max_per_call: PER_CALL.into(),
        max_per_window: PER_WINDOW.into(),
        window_seconds: HOUR,
    };
    let session = Session::fresh(CALLS, wallet.stage().now().await? + 2 * HOUR);
    let session = Session { grant: session.grant.spend(token::STRK, limits), ..session };
    let calls = wallet.registration(&session)?;
    let outcome = wallet.send_as_owner(calls).await?;
    Ok(Reply::new(left(wallet, &session, CALLS).await?).by(&outcome).with(session))
}

async fn pay(wallet: &Wallet, session: &Session, payments: Vec<Call>) -> Verdict {
    let outcome = wallet.send_as_session(session, payments).await?;
    let contract = wallet.contract();
    let policy = contract.spending_policy(session.public_key(), token::STRK).await?;
    Ok(Reply::new(format!("{} FRI spent in this hour", policy.spent_in_window)).by(&outcome))
}

async fn overspend(
    wallet: &Wallet,
    session: &Session,
    payments: Vec<Call>,
    error: &str,
) -> Verdict {
    let signed = wallet.sign_as_session(session, payments.clone())?;
    reverts(wallet.stage().try_relay(&signed).await, error)?;
    reverts(wallet.try_as_session(session, payments).await, error)
}

async fn pay_later(wallet: &Wallet, session: &Session) -> Verdict {
    let (stage, contract) = (wallet.stage(), wallet.contract());
    let policy = contract.spending_policy(session.public_key(), token::STRK).await?;
    equal("spent", &PER_WINDOW.to_string(), &policy.spent_in_window.to_string())?;
    stage.set_time(policy.window_start + HOUR).await?;
    pay(wallet, session, vec![stage.payment_of(PER_CALL)]).await
}

async fn tip(wallet: &Wallet, session: &Session) -> Verdict {
    is_invalid(wallet.try_with_tip(session, vec![wallet.stage().payment()], TIP).await)
}

async fn register_sponsored(wallet: &Wallet) -> Verdict<Session> {
    let session = Session::fresh(CALLS, wallet.stage().now().await? + HOUR);
    let outcome = wallet.send_as_owner(wallet.sponsored_registration(&session)?).await?;
    let limit = wallet.contract().session_fee_limit(session.public_key()).await?;
    equal("fee limit in FRI", &format!("{:?}", Some(Fri(0))), &format!("{limit:?}"))?;
    Ok(Reply::new("through relayers only").by(&outcome).with(session))
}

async fn pay_a_fee(wallet: &Wallet, session: &Session) -> Verdict {
    is_invalid(wallet.try_as_session(session, vec![wallet.stage().payment()]).await)
}
