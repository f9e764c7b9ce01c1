//! Tests the whole life of an account and its sessions, from an empty folder on.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use session_client::{class, keystore};
use starknet_rust::signers::SigningKey;

use crate::dir::{Dir, PASSWORD, another_class, text};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const TEN_STRK: u64 = 10_000_000_000_000_000_000;

#[test]
fn a_full_life_from_an_empty_directory() {
    let node = Node::start();
    let proxy = Proxy::new(node.url(), |_| Fate::Pass);
    let funded = node.funded();
    let mut dir = Dir::of(proxy.url(), &funded);
    let class_hash = format!("{:#066x}", class::session_account().unwrap().class_hash);

    // At first nothing is on chain, and the doctor says so.
    let checkup = dir.run("doctor --json");
    assert_eq!(checkup.code, 1);
    assert!(checkup.stderr.contains("is not declared: run `declare`"), "{}", checkup.stderr);
    let checkup: Value = serde_json::from_str(&checkup.stdout).unwrap();
    assert_eq!(check(&checkup, "class")["ok"], false);
    assert_eq!(check(&checkup, "balance")["ok"], true);
    assert_eq!(dir.fails(&format!("verify --class-hash {class_hash}"), 4)["kind"], REFUSED);
    assert_eq!(dir.fails("deploy --same-key", 4)["remedy"], "run `declare` first");
    // Many people can often use a deployer's key, so it owns an account only if the user says so.
    let nobodys = dir.fails("deploy", 2);
    assert!(text(&nobodys, "remedy").contains("--same-key"), "{nobodys}");

    let dry = dir.done("declare --dry-run");
    assert!(dry["dry_run"] == true && text(&dry, "estimated_fee").parse::<u128>().is_ok(), "{dry}");
    assert_eq!(proxy.sent(), 0, "a dry run sends nothing");
    assert!(!dir.path("deployments/devnet.json").exists(), "nor does it record anything");
    let declared = dir.done("declare");
    assert_eq!((text(&declared, "outcome"), text(&declared, "class_hash")), ("done", &*class_hash));
    assert_eq!(text(&declared, "metered_in"), "sierra_gas");
    assert_eq!(dir.done("declare")["outcome"], "unchanged");

    // The new account's owner has a key of its own, in a keystore.
    let owner = SigningKey::from_random();
    let owners_secret = format!("{:x}", owner.secret_scalar());
    let public_key = format!("{:#066x}", owner.verifying_key().scalar());
    keystore::write(&dir.path("owner.json"), &owner, PASSWORD).unwrap();
    dir.keep_secret(&owners_secret);
    dir.write("password.txt", &format!("{PASSWORD}\n"));
    let deployed = dir.done(&format!("deploy --public-key {public_key}"));
    let address = text(&deployed, "address").to_owned();
    assert_eq!(deployed["outcome"], "done");
    let again = dir.done(&format!("deploy --public-key {public_key}"));
    assert_eq!(again["outcome"], "unchanged");
    assert_eq!(proxy.sent(), 2, "one declaration, one deployment");

    let record = dir.json("deployments/devnet.json");
    assert_eq!(record["classes"][&class_hash]["transaction"], declared["transaction"]);
    assert_eq!(record["classes"][&class_hash]["compiler"], "cairo 2.16.1");
    let sources = class::origin().unwrap().sources_sha256;
    assert_eq!(record["classes"][&class_hash]["sources_sha256"], json!(sources));
    assert_eq!(record["accounts"][&address]["transaction"], deployed["transaction"]);
    assert_eq!(record["accounts"][&address]["is_deployed"], true);
    for made in [&record["classes"][&class_hash], &record["accounts"][&address]] {
        assert!(text(made, "time").ends_with('Z') && made["block"].as_u64() > Some(0), "{made}");
        assert_eq!(text(made, "payer"), format!("{:#066x}", funded.address));
        assert_eq!(text(made, "tool"), concat!("session-harness ", env!("CARGO_PKG_VERSION")));
    }

    // From here on the new account acts; the environment names its owner's keystore.
    let dir = dir
        .without("STARKNET_PRIVATE_KEY")
        .with("STARKNET_ACCOUNT", &address)
        .with("STARKNET_KEYSTORE", "owner.json");
    let owner = "--password-file password.txt";
    assert_eq!(dir.done("verify")["class_hash"], json!(class_hash));
    assert_eq!(dir.fails(&format!("session revoke-all {owner}"), 4)["kind"], REFUSED);
    node.mint(&address, TEN_STRK);
    let checkup = dir.done("doctor");
    for name in ["class", "account", "owner", "balance"] {
        assert_eq!(check(&checkup, name)["ok"], true, "{checkup}");
    }
    assert_eq!(text(check(&checkup, "owner"), "owner_now"), public_key);

    let created = dir.done("session create");
    let key = text(&created, "session_key").to_owned();
    let kept = fs::metadata(dir.path(text(&created, "keystore"))).unwrap();
    assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    assert_eq!(created.get("private_key"), None);

    let register = format!(
        "session register {owner} --without-caps --allow STRK:transfer --max-calls 5 --duration 1h --fee-limit 0.5"
    );
    let registered = dir.done(&register);
    assert_eq!((text(&registered, "outcome"), text(&registered, "session_key")), ("done", &*key));
    assert_eq!(registered["remaining_calls"], 5);
    assert_eq!(registered["fee_limit"], "500000000000000000");
    let before = proxy.sent();
    assert_eq!(dir.done(&register)["outcome"], "unchanged");
    assert_eq!(proxy.sent(), before);
    assert_eq!(dir.done("session status")["is_active"], true);
    let listed = dir.done("session list");
    assert_eq!(listed["sessions"][0]["session_key"], json!(key));
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(listed["sessions"][0]["allowed_calls"][0]["function"], "transfer");
    assert_eq!(listed["is_complete"], true);

    // The session pays, and only its key signs.
    let executed = dir.done("session execute --call STRK:transfer:0xbeef,u256:1000");
    assert_eq!(executed["remaining_calls"], 4);
    let stranger = dir.fails("session execute --call STRK:approve:0xbeef,u256:1", 5);
    assert_eq!(stranger["kind"], "refused by the account");

    let policy = format!(
        "policy set {owner} --token STRK --max-per-call 100raw --max-per-window 150raw --window 1d"
    );
    assert_eq!(dir.done(&policy)["outcome"], "done");
    let before = proxy.sent();
    assert_eq!(dir.done(&policy)["outcome"], "unchanged");
    let over = dir.fails("session execute --call STRK:transfer:0xbeef,u256:101", 5);
    assert!(text(&over, "error").contains("more of the token than one call"), "{over}");
    assert_eq!(proxy.sent(), before, "what the account refuses is not sent");
    dir.done("session execute --call STRK:transfer:0xbeef,u256:100");
    assert_eq!(dir.done("policy get --token STRK")["spent_in_window"], "100");
    assert_eq!(dir.done(&format!("policy remove {owner} --token STRK"))["outcome"], "done");
    let gone = dir.done(&format!("policy remove {owner} --token STRK"));
    assert_eq!(gone["outcome"], "unchanged");

    assert_eq!(dir.done(&format!("session revoke {owner}"))["outcome"], "done");
    let before = proxy.sent();
    let again = dir.done(&format!("session revoke {owner}"));
    assert_eq!(again["sessions_before"], 0);
    let again = dir.done(&format!("session revoke-all {owner}"));
    assert_eq!(again["sessions_before"], 0);
    assert_eq!(proxy.sent(), before + 2, "whatever the node shows");
    let ended = dir.fails("session execute --call STRK:transfer:0xbeef,u256:1", 5);
    assert!(text(&ended, "error").contains("no such session"), "{ended}");
    // The account refuses a key that was registered before, and says why.
    let used = dir.fails(&register, 5);
    assert!(text(&used, "error").contains("registered before"), "{used}");

    let session = keystore::read(&dir.path(text(&created, "keystore")), PASSWORD).unwrap();
    for secret in [owners_secret, format!("{:x}", session.secret_scalar()), PASSWORD.to_owned()] {
        assert!(!proxy.heard(&secret), "a secret went to the node");
    }
}

#[test]
fn a_counterfactual_account_shows_its_address_pays_for_itself_and_is_at_the_same_place() {
    let node = Node::shared();
    let owner = SigningKey::from_random();
    let dir = Dir::empty().at(node.url()).with_key(owner.secret_scalar());

    let dry = dir.done("deploy --counterfactual --dry-run");
    let address = text(&dry, "address");
    let said = dir.run("deploy --counterfactual");
    assert_eq!(said.code, 4);
    assert!(
        said.stderr.starts_with(&format!("the account's address: {address}")),
        "{}",
        said.stderr
    );
    let poor = dir.fails("deploy --counterfactual", 4);
    assert!(text(&poor, "remedy").contains(address), "it says where to send what: {poor}");

    node.mint(address, TEN_STRK);
    let deployed = dir.done("deploy --counterfactual");
    assert_eq!((text(&deployed, "outcome"), text(&deployed, "address")), ("done", address));
    assert_eq!(dir.done("deploy --counterfactual")["outcome"], "unchanged");

    let payer = Dir::of(node.url(), &node.funded());
    let public_key = format!("{:#x}", owner.verifying_key().scalar());
    let through_the_deployer = payer.done(&format!("deploy --public-key {public_key}"));
    assert_eq!(text(&through_the_deployer, "address"), address);
}

#[test]
fn an_account_of_openzeppelins_moves_here_and_the_last_of_many_sessions_is_ended_with_all() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded());
    assert_eq!(dir.done("upgrade")["outcome"], "done");
    assert_eq!(dir.done("upgrade")["outcome"], "unchanged");

    for _ in 0..2 {
        let key = text(&dir.done("session create"), "session_key").to_owned();
        dir.done(&format!(
            "session register {key} --without-caps --allow STRK:transfer --fee-limit 0.5"
        ));
    }
    assert_eq!(dir.done("session list")["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(dir.done("session revoke-all")["outcome"], "done");
    assert_eq!(dir.done("session list")["sessions"], json!([]));
    assert_eq!(dir.done("session list --all")["sessions"].as_array().unwrap().len(), 2);
}

#[test]
fn another_account_submits_and_pays_and_the_accounts_nonce_stays() {
    let node = Node::shared();
    let payer = node.funded();
    let account = node.funded();
    let mut dir = Dir::of(node.url(), &account)
        .with("STARKNET_PAYER", format!("{:#x}", payer.address))
        .with("STARKNET_PAYER_PRIVATE_KEY", format!("{:#x}", payer.private_key));
    dir.keep_secret(&format!("{:x}", payer.private_key));
    // The account itself upgrades: before that, its class accepts no outside executions.
    Dir::of(node.url(), &account).done("upgrade");
    let nonce = node.nonce(account.address);
    dir.done("session create");
    dir.done("session register --without-caps --allow STRK:transfer");
    let executed = dir.done("session execute --call STRK:transfer:0xbeef,u256:1");
    assert_eq!(executed["remaining_calls"], 9);
    dir.done("session revoke");
    assert_eq!(node.nonce(account.address), nonce);
}

#[test]
fn the_scripts_declare_and_deploy_with_one_answer_each_and_the_password_once() {
    let node = Node::shared();
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts");
    let dir = Dir::of(node.url(), &node.funded()).with("SESSION_HARNESS", crate::dir::BINARY);
    let declare = format!("declare.sh {}", another_class(&dir, "scripts"));
    for (script, done) in [(declare.as_str(), "done"), ("deploy.sh --same-key", "done")] {
        let said = dir.shell(&format!("{scripts}/{script} --json"));
        assert_eq!(said.code, 0, "{}", said.stderr);
        let answer: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(text(&answer, "outcome"), done);
        // The command shows the fee before it sends.
        let said = dir.shell(&format!("{scripts}/deploy.sh --public-key 0xbeef --dry-run"));
        assert!(said.stderr.contains("estimated at"), "{}", said.stderr);
    }
    let refused = dir.shell(&format!("{scripts}/declare.sh --network mainnet"));
    assert_eq!(refused.code, 2, "a script fails with its command");
}

const REFUSED: &str = "refused by the chain";

fn check<'a>(checkup: &'a Value, name: &str) -> &'a Value {
    let checks = checkup["checks"].as_array().unwrap();
    checks.iter().find(|line| line["check"] == name).unwrap()
}
