//! A list whose entries pin the recipient of a payment and the spender of an approval.

use session_client::felt::selector;
use session_client::{AllowedCall, token};
use starknet_rust::core::types::{Call, Felt};

use super::deeds::{left, pay, refuse};
use crate::demo::report::{Report, Told};
use crate::demo::session::Session;
use crate::demo::stage::HOUR;
use crate::demo::verdict::{Reply, Verdict};
use crate::demo::wallet::Wallet;

/// The place of both pins: `transfer` takes the recipient first, and `approve` the spender.
const FIRST: u8 = 0;
/// One more than the session uses in this chapter.
const CALLS: u32 = 3;
const NOT_ALLOWED: &str = "Session: call not allowed";
/// The spender that is approved. No contract needs to be at this address.
const ROUTER: Felt = Felt::from_hex_unchecked("0x5a4b");
const SOMEBODY_ELSE: Felt = Felt::from_hex_unchecked("0x7415f");

pub async fn tell(wallet: &Wallet, report: &mut Report) -> Told {
    let session = report
        .step("the owner registers one: one recipient, one spender", register(wallet))
        .await?;
    report.step("the session pays that recipient", pay(wallet, &session, CALLS - 1)).await?;
    let payment = token::transfer(token::STRK, SOMEBODY_ELSE, 1);
    report.step("it pays somebody else", refuse(wallet, &session, payment, NOT_ALLOWED)).await?;
    report.step("it approves that spender", approve(wallet, &session)).await?;
    report
        .step(
            "it approves another spender",
            refuse(wallet, &session, approval(SOMEBODY_ELSE), NOT_ALLOWED),
        )
        .await
}

fn approval(spender: Felt) -> Call {
    Call { selector: selector("approve"), ..token::transfer(token::STRK, spender, 1) }
}

async fn register(wallet: &Wallet) -> Verdict<Session> {
    let stage = wallet.stage();
    let allowed_calls = vec![
        AllowedCall::new(token::STRK, selector("transfer")).with_argument(FIRST, stage.recipient()),
        AllowedCall::new(token::STRK, selector("approve")).with_argument(FIRST, ROUTER),
    ];
    let session = Session::for_calls(allowed_calls, CALLS, stage.now().await? + HOUR);
    let outcome = wallet.send_as_owner(wallet.registration(&session)?).await?;
    Ok(Reply::new(left(wallet, &session, CALLS).await?).by(&outcome).with(session))
}

async fn approve(wallet: &Wallet, session: &Session) -> Verdict {
    let outcome = wallet.send_as_session(session, vec![approval(ROUTER)]).await?;
    Ok(Reply::new(left(wallet, session, CALLS - 2).await?).by(&outcome))
}
