//! Tests of keys: they are kept in encrypted files that only their owner can read, and appear nowhere else.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::json;
use session_client::keystore::{self, KeystoreError};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

use crate::dir::{Dir, PASSWORD, text};
use crate::node::Node;

/// A keystore as starkli writes it, for the private key 0x1234.
fn of_starkli(dir: &Dir) -> SigningKey {
    let key = SigningKey::from_secret_scalar(Felt::from(0x1234));
    key.save_as_keystore(dir.path("starkli.json"), PASSWORD).unwrap();
    key
}

#[test]
fn a_keystore_is_the_one_that_starkli_and_sncast_read_and_write() {
    let dir = Dir::empty();
    let theirs = of_starkli(&dir);
    let read = keystore::read(&dir.path("starkli.json"), PASSWORD).unwrap();
    assert_eq!(read.secret_scalar(), theirs.secret_scalar());

    keystore::write(&dir.path("ours.json"), &theirs, PASSWORD).unwrap();
    let read = SigningKey::from_keystore(dir.path("ours.json"), PASSWORD).unwrap();
    assert_eq!(read.secret_scalar(), theirs.secret_scalar());
}

#[test]
fn a_keystore_is_its_owners_alone_and_never_overwrites_or_follows_a_link() {
    let dir = Dir::empty();
    let key = SigningKey::from_random();
    keystore::write(&dir.path("key.json"), &key, PASSWORD).unwrap();
    let mode = fs::metadata(dir.path("key.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = keystore::write(&dir.path("key.json"), &SigningKey::from_random(), PASSWORD);
    assert!(matches!(second, Err(KeystoreError::Exists { .. })));
    let read = keystore::read(&dir.path("key.json"), PASSWORD).unwrap();
    assert_eq!(read.secret_scalar(), key.secret_scalar());

    symlink(dir.path("elsewhere.json"), dir.path("link.json")).unwrap();
    let linked = keystore::write(&dir.path("link.json"), &key, PASSWORD);
    assert!(matches!(linked, Err(KeystoreError::Exists { .. })));
    assert!(!dir.path("elsewhere.json").exists());
}

#[test]
fn a_hostile_keystore_is_refused_without_a_panic_and_without_much_work() {
    let dir = Dir::empty();
    of_starkli(&dir);
    let good = fs::read_to_string(dir.path("starkli.json")).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} is not in {good}");
        good.replacen(from, to, 1)
    };
    let derived = "\"dklen\":32";
    for text in [
        String::new(),
        "{}".to_owned(),
        "[".repeat(100_000),
        changed(derived, "\"dklen\":0"),
        changed(derived, "\"dklen\":16"),
        changed("\"n\":8192", "\"n\":0"),
        changed("\"n\":8192", "\"n\":8191"),
        changed("\"n\":8192", "\"n\":2147483648"),
        changed("\"r\":8", "\"r\":4294967295"),
        changed("\"r\":8", "\"r\":0"),
        changed("\"p\":1", "\"p\":4294967295"),
        changed("\"iv\":\"", "\"iv\":\"00"),
        changed("\"ciphertext\":\"", "\"ciphertext\":\"00"),
        changed("\"version\":3", "\"version\":1"),
        changed("aes-128-ctr", "none"),
        // Each of these costs is within its bound, but not all together.
        changed("\"n\":8192,\"p\":1", "\"n\":1048576,\"p\":16"),
        // The file names two ways to derive the key, and the cheap one lacks a parameter.
        changed("\"n\":8192", "\"c\":1,\"n\":2147483648"),
        // A file that never ends is read up to a bound.
        format!("{}{good}", " ".repeat(1 << 20)),
        format!("{good}{}", " ".repeat(1 << 20)),
    ] {
        let path = dir.write("hostile.json", &text);
        let refused = keystore::read(&path, PASSWORD);
        assert!(matches!(refused, Err(KeystoreError::Format { .. })), "{text:.300}");
    }
}

#[test]
fn a_keystore_that_holds_no_private_key_of_the_curve_is_refused() {
    let dir = Dir::empty();
    let order = "0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f";
    for scalar in [Felt::ZERO, Felt::from_hex(order).unwrap()] {
        let path = dir.path(&format!("{scalar:x}.json"));
        SigningKey::from_secret_scalar(scalar).save_as_keystore(&path, PASSWORD).unwrap();
        let refused = keystore::read(&path, PASSWORD);
        assert!(matches!(refused, Err(KeystoreError::Format { .. })));
    }
}

/// The keystore is the standard's own example, for Ethereum. Its key is above the field's prime.
#[test]
fn a_key_of_another_curve_is_refused_and_not_taken_for_another_one() {
    let dir = Dir::empty();
    let kdf = json!({
        "c": 262_144, "dklen": 32, "prf": "hmac-sha256",
        "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
    });
    let keystore = json!({
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3,
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "6087dab2f9fdbbfaddc31a909735c1e6" },
            "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "kdf": "pbkdf2", "kdfparams": kdf,
            "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
        },
    });
    let path = dir.write("ethereum.json", &keystore.to_string());
    let refused = keystore::read(&path, "testpassword");
    assert!(matches!(refused, Err(KeystoreError::Format { .. })));
}

#[test]
fn a_session_key_is_printed_only_when_asked_for() {
    let dir = Dir::empty().with("SESSION_KEYSTORE_PASSWORD", PASSWORD);
    let silent = dir.done("session create");
    let path = dir.path(text(&silent, "keystore"));
    let key = keystore::read(&path, PASSWORD).unwrap();
    assert!(!silent.to_string().contains(&format!("{:x}", key.secret_scalar())));
    let folder = fs::metadata(dir.path("sessions")).unwrap().permissions().mode();
    assert_eq!(folder & 0o777, 0o700);

    let told = dir.done("session create --print-private-key");
    let key = keystore::read(&dir.path(text(&told, "keystore")), PASSWORD).unwrap();
    assert_eq!(text(&told, "private_key"), format!("{:#066x}", key.secret_scalar()));
}

#[test]
fn a_session_key_is_not_kept_under_an_empty_password() {
    let dir = Dir::empty();
    dir.write("password.txt", "\n");
    let create = "session create --session-password-file password.txt";
    assert!(text(&dir.fails(create, 2), "error").contains("empty password"));
    // An empty variable counts as unset, so the command would ask for the password.
    let dir = dir.with("SESSION_KEYSTORE_PASSWORD", "");
    assert!(text(&dir.fails("session create", 2), "error").contains("there is nobody to ask"));
    assert!(!dir.path("sessions").exists());
}

#[test]
fn a_keystore_in_another_keys_place_is_noticed() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded());
    dir.done("upgrade");
    let first = dir.done("session create");
    let key = text(&first, "session_key");
    dir.done(&format!(
        "session register {key} --without-caps --allow STRK:transfer --fee-limit 0.5"
    ));
    let second = dir.done("session create");
    fs::copy(dir.path(text(&second, "keystore")), dir.path(text(&first, "keystore"))).unwrap();
    let failure =
        dir.fails(&format!("session execute {key} --call STRK:transfer:0xbeef,u256:1"), 2);
    assert!(text(&failure, "error").contains("another key than its name says"), "{failure}");
}

#[test]
fn a_key_in_the_environment_that_is_none_is_not_quoted() {
    let node = Node::shared();
    let mut dir = Dir::of(node.url(), &node.funded());
    for wrong in ["5ecre7-but-mistyped", "0x5ecre7", &format!("0x{}", "5ec".repeat(22))] {
        dir.keep_secret(wrong);
        dir = dir.with("STARKNET_PRIVATE_KEY", wrong);
        let failure = dir.fails("upgrade", 2);
        assert_eq!(text(&failure, "error"), "STARKNET_PRIVATE_KEY holds no private key");
    }
}

#[test]
fn two_keys_in_the_environment_are_one_too_many() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded()).with("STARKNET_KEYSTORE", "owner.json");
    let failure = dir.fails("upgrade", 2);
    assert!(text(&failure, "error").contains("are both set"), "{failure}");
}

#[test]
fn logs_at_their_loudest_hold_no_key_and_no_url() {
    let node = Node::shared();
    let url = format!("{}?key=a-providers-key", node.url()).parse().unwrap();
    let mut dir = Dir::of(&url, &node.funded()).with("RUST_LOG", "trace");
    dir.keep_secret("a-providers-key");
    for command in
        ["upgrade", "session create", "session register --without-caps --allow STRK:transfer"]
    {
        assert_eq!(dir.run(command).code, 0, "{command}");
    }
}

#[test]
fn a_password_file_that_others_can_read_is_warned_about() {
    let dir = Dir::empty();
    let path = dir.write("password.txt", PASSWORD);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let said = dir.run("session create --session-password-file password.txt");
    assert!(said.code == 0 && said.stderr.contains("others can read this password"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let said = dir.run("session create --session-password-file password.txt");
    assert!(said.code == 0 && said.stderr.is_empty(), "{}", said.stderr);
}

#[test]
fn a_keystore_that_others_can_read_is_warned_about_and_a_password_may_be_written_anyhow() {
    let account = format!("{:#x}", Node::shared().funded().address);
    let dir = Dir::empty().at(Node::shared().url()).with("STARKNET_ACCOUNT", account);
    of_starkli(&dir);
    let line = "upgrade --keystore starkli.json --password-file password.txt";
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(format!("{PASSWORD}\r\n").encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for password in [format!("\u{feff}{PASSWORD}\n").into_bytes(), wide] {
        fs::write(dir.path("password.txt"), password).unwrap();
        for (mode, is_warned) in [(0o644, true), (0o600, false)] {
            for file in ["starkli.json", "password.txt"] {
                fs::set_permissions(dir.path(file), fs::Permissions::from_mode(mode)).unwrap();
            }
            let said = dir.run(line);
            // The password opens the keystore, but the key in it is another one.
            assert!(said.code == 2 && said.stderr.contains("does not own"), "{}", said.stderr);
            let warned = said.stderr.contains("others can read this keystore");
            assert_eq!(warned, is_warned, "{}", said.stderr);
        }
    }
}
