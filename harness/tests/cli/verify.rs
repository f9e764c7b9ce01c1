//! Whether the class on chain is what these sources compile to.

use serde_json::json;
use session_harness::artifact;

use crate::dir::{Dir, another_class, text};
use crate::node::Node;
use crate::proxy::{Fate, Proxy};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../artifacts/manifest.json");

#[test]
fn the_class_on_chain_is_compared_with_a_build_and_with_a_record_of_one() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded());
    let other = dir.fails("verify", 1);
    assert!(text(&other, "error").contains("cairo-lang 2.8.4 makes"), "{other}");

    dir.done("upgrade");
    assert_eq!(dir.done("verify")["compared"], "hash and class");
    assert_eq!(dir.done(&format!("verify --manifest {MANIFEST}"))["compared"], "hash");
    dir.fails(&format!("verify {}", another_class(&dir, "verified")), 1);
    dir.write("manifest.json", "{}");
    dir.fails("verify --manifest manifest.json", 2);
}

#[test]
fn a_node_that_gives_another_class_under_the_same_hash_is_not_believed() {
    let node = Node::shared();
    let account = node.funded();
    Dir::of(node.url(), &account).done("upgrade");

    let mut class = json!(*artifact::session_account().unwrap().class);
    class["sierra_program"][100] = json!("0x1");
    let proxy = Proxy::new(node.url(), move |method| match method {
        "starknet_getClass" => Fate::Result(class.clone()),
        _ => Fate::Pass,
    });
    let failure = Dir::of(proxy.url(), &account).fails("verify", 3);
    assert!(text(&failure, "error").ends_with("is another one"), "{failure}");
}
