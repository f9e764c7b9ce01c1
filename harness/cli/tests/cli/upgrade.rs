//! Tests `upgrade`: what it checks before it moves an account, and when it asks.

use serde_json::json;

use crate::dir::{Dir, text};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const USAGE: i32 = 2;
const ACCOUNT: i32 = 5;

/// As with Braavos's and Argent's accounts, the storage does not hold the owner's key where OpenZeppelin's
/// accounts do, whatever the account answers to `get_public_key`.
#[test]
fn an_account_that_keeps_its_key_elsewhere_is_not_moved() {
    for (stored, says) in [("0x0", "keeps no owner's key"), ("0x5", "keeps another owner's key")] {
        let proxy = Proxy::new(Node::shared().url(), move |method| match method {
            "starknet_getStorageAt" => Fate::Result(json!(stored)),
            _ => Fate::Pass,
        });
        let dir = Dir::of(proxy.url(), &Node::shared().funded());
        for line in ["upgrade --dry-run", "upgrade --yes"] {
            let failure = dir.fails(line, ACCOUNT);
            assert!(text(&failure, "error").contains(says), "{failure}");
            assert!(text(&failure, "error").ends_with("Nothing was sent"), "{failure}");
        }
        assert_eq!(proxy.sent(), 0);
    }
}

#[test]
fn sessions_that_end_are_counted_and_asked_about() {
    let dir = Dir::of(Node::shared().url(), &Node::shared().funded());
    let moved = dir.done("upgrade");
    assert_eq!(moved["sessions_ended"], 0);
    for _ in 0..2 {
        let key = text(&dir.done("session create"), "session_key").to_owned();
        dir.done(&format!("session register {key} --without-caps --allow STRK:transfer"));
    }
    dir.done(&format!("session revoke {}", first_key(&dir)));

    let back = format!("upgrade --class-hash {}", text(&moved, "class_before"));
    let asked = dir.fails(&back, USAGE);
    assert!(
        text(&asked, "error").contains("1 session ends. Go on? There is nobody to ask"),
        "{asked}"
    );
    assert_eq!(dir.done(&format!("{back} --dry-run"))["sessions_ended"], 1);
    let gone = dir.done(&format!("{back} --yes"));
    assert_eq!((&gone["sessions_ended"], &gone["class_before"]), (&json!(1), &moved["class_hash"]));
}

fn first_key(dir: &Dir) -> String {
    text(&dir.done("session list")["sessions"][0], "session_key").to_owned()
}
