//! Upgrades an OpenZeppelin account to this class, back, and to this class again. The owner and the spent
//! nonces stay; the sessions end.

use session_client::SignedOutsideExecution;
use session_client::token::STRK;
use starknet_rust::core::types::Felt;

use super::deeds::{pay, pay_from_outside, refuse, register, replay, see, short};
use super::opening::{Cast, deploy};
use crate::demo::report::{Report, Told};
use crate::demo::verdict::{Reply, Verdict, reverts};
use crate::demo::wallet::Wallet;

/// The class of OpenZeppelin's account 1.0.0, which every devnet declares when it starts.
const OPENZEPPELIN: Felt =
    Felt::from_hex_unchecked("0x05b4b537eaa2399e3aa99c4e2e0208ebd6c71bc1467938cd52c798c601e43564");

pub async fn tell(cast: &Cast, report: &mut Report) -> Told {
    report
        .step("upgrade to the token's class, which is no account", upgrade_to_token(&cast.deployed))
        .await?;

    let wallet =
        report.step("deploy an OpenZeppelin account", deploy(&cast.stage, OPENZEPPELIN)).await?;
    let first = report
        .step("its owner signs a payment, the relayer submits it", pay_as_owner(&wallet))
        .await?;
    report
        .step("the owner upgrades it to the session account", upgrade(&wallet, cast.class_hash))
        .await?;
    report.step("the relayer submits the payment once more", replay(&wallet, &first)).await?;

    let session = report.step("the owner registers a session on it", register(&wallet, 3)).await?;
    report.step("the session pays", pay(&wallet, &session, 2)).await?;
    let second = report
        .step(
            "it signs a payment, the relayer submits it",
            pay_from_outside(&wallet, &session, 1, 1),
        )
        .await?;

    report
        .step("the owner upgrades it back to OpenZeppelin's", upgrade(&wallet, OPENZEPPELIN))
        .await?;
    report
        .step("the relayer submits the session's payment again", replay(&wallet, &second))
        .await?;
    report
        .step(
            "the owner upgrades it to the session account again",
            upgrade(&wallet, cast.class_hash),
        )
        .await?;
    report
        .step("the relayer submits the session's payment again", replay(&wallet, &second))
        .await?;
    let payment = cast.stage.payment();
    report
        .step(
            "the session from before tries to pay",
            refuse(&wallet, &session, payment, "Session: not found"),
        )
        .await
}

async fn upgrade_to_token(wallet: &Wallet) -> Verdict {
    let token = wallet.stage().class_of(STRK).await?;
    let sent = wallet.try_as_owner(vec![wallet.contract().upgrade(token)]).await;
    reverts(sent, "Account: class is no account")
}

async fn upgrade(wallet: &Wallet, class_hash: Felt) -> Verdict {
    let outcome = wallet.send_as_owner(vec![wallet.contract().upgrade(class_hash)]).await?;
    let seen = see(wallet, class_hash).await?;
    let said = format!("class {}, owner {}", short(seen.class_hash), short(seen.owner));
    Ok(Reply::new(said).by(&outcome))
}

/// Spends the nonce of an outside execution that the owner signed.
async fn pay_as_owner(wallet: &Wallet) -> Verdict<SignedOutsideExecution> {
    let stage = wallet.stage();
    let paid = stage.paid().await?;
    let signed = wallet.sign_as_owner(vec![stage.payment()]).await?;
    let outcome = stage.relay(&signed).await?;
    let paid = stage.paid().await? - paid;
    Ok(Reply::new(format!("{paid} FRI paid")).by(&outcome).with(signed))
}
