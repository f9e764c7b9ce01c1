//! The classes of tests: the account's, and those of `mocks/`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use session_client::class;
use starknet_rust::core::types::{Felt, FlattenedSierraClass};

/// The class hash of OpenZeppelin's account, which the devnet declares.
pub const OPENZEPPELIN: Felt =
    Felt::from_hex_unchecked("0x05b4b537eaa2399e3aa99c4e2e0208ebd6c71bc1467938cd52c798c601e43564");

/// Returns the class under test: the committed one, or the one in the folder `SESSION_ACCOUNT_ARTIFACTS`.
pub fn class() -> class::Artifact {
    match env::var_os("SESSION_ACCOUNT_ARTIFACTS") {
        Some(folder) => {
            let read = |kind| {
                let path = Path::new(&folder).join(format!("SessionAccount.{kind}.json"));
                fs::read_to_string(path).expect("a class")
            };
            class::read(&read("contract_class"), &read("compiled_contract_class"))
        }
        None => class::session_account(),
    }
    .expect("the artifact")
}

/// Returns the built class `name` of `mocks/`.
pub fn mock(name: &str) -> class::Artifact {
    let read = |file: String| {
        let path = format!("{}/../../mocks/artifacts/{file}", env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(path).expect("it is built")
    };
    let hashes: HashMap<String, class::Hashes> =
        serde_json::from_str(&read("hashes.json".into())).expect("it is built");
    let class = read(format!("{name}.contract_class.json"));
    class::with_hashes(&class, hashes[name]).expect("it is built")
}

/// Makes a class that is not declared: the account's class with another ABI text.
pub fn undeclared_class() -> (Arc<FlattenedSierraClass>, Felt) {
    let artifact = class();
    let class = FlattenedSierraClass { abi: "[]".to_owned(), ..(*artifact.class).clone() };
    (Arc::new(class), artifact.compiled_class_hash)
}
