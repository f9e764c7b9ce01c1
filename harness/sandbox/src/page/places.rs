//! Renders the addresses of all services and accounts.

use maud::{Markup, html};
use session_client::token::STRK;

use super::super::info::Info;
use super::super::sessions::Session;
use super::parts::whole;

pub fn section(info: &Info, sessions: &[Session]) -> Markup {
    let active =
        |address| sessions.iter().filter(|it| it.account == address && it.is_active).count();
    html! {
        section #places aria-labelledby="places-title" {
            h2 #places-title { "Where everything is" }
            dl {
                @for (name, url) in [
                    ("JSON-RPC", &info.rpc_url),
                    ("WebSocket", &info.ws_url),
                    ("Paymaster (SNIP-29)", &info.paymaster_url),
                    ("Chipi (alphaUrl)", &info.chipi_url),
                ] {
                    dt { (name) } dd { (whole(url, name)) }
                }
                dt { "All of it" } dd { a href="/info.json" { "info.json" } ", " a href="/state.json" { "state.json" } }
                dt { "Class hash" } dd { (whole(format!("{:#x}", info.class_hash), "the class hash")) }
                @for (name, token) in &info.tokens {
                    dt { (name) } dd { (whole(format!("{token:#x}"), &format!("the address of {name}"))) }
                }
            }
            h3 { "Accounts" }
            ol #accounts {
                @for (index, account) in info.accounts.iter().enumerate() {
                    li {
                        dl {
                            dt { "Account " (index + 1) }
                            dd { (whole(format!("{:#x}", account.address), "the account's address")) }
                            dt { "Owner's key" }
                            dd { (whole(format!("{:#x}", account.private_key), "the owner's private key")) }
                            dt { "Active sessions" } dd { (active(account.address)) }
                        }
                    }
                }
            }
            h3 { "Who else pays" }
            dl {
                dt { "Submitter" }
                dd { (whole(format!("{:#x}", info.submitter.address), "the submitter's address")) }
                dt { "Its key" }
                dd { (whole(format!("{:#x}", info.submitter.private_key), "the submitter's private key")) }
                @for (index, relayer) in info.relayers.iter().enumerate() {
                    dt { "Relayer " (index + 1) }
                    dd { (whole(format!("{relayer:#x}"), &format!("the address of relayer {}", index + 1))) }
                }
            }
        }
    }
}

/// Returns shell commands with which the first account makes a transfer.
pub fn snippet(info: &Info) -> String {
    let account = info.accounts.first();
    let (address, key) = account.map(|it| (it.address, it.private_key)).unwrap_or_default();
    format!(
        r#"npm install starknet@10.8.0
cat > first.mjs <<'EOF'
import {{ Account, CallData, RpcProvider, cairo }} from "starknet";

const provider = new RpcProvider({{ nodeUrl: "{rpc_url}" }});
const owner = new Account({{
  provider,
  address: "{address:#x}",
  signer: "{key:#x}",
}});
const {{ transaction_hash }} = await owner.execute({{
  contractAddress: "{STRK:#x}",
  entrypoint: "transfer",
  calldata: CallData.compile(["0x1234", cairo.uint256(10n ** 18n)]),
}});
console.log(transaction_hash);
EOF
node first.mjs"#,
        rpc_url = info.rpc_url,
    )
}
