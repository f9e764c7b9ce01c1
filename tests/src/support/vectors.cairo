//! Reads what an independent client computed from `tests/vectors/`. Foundry gives a file's values
//! in the order of their keys, so the fields of a struct have that order, and gives hex as text.

pub mod outside_executions;
pub mod owner_change;
use snforge_std::fs::{FileParser, FileTrait, read_json};

/// The interface ids in `vectors/selectors.json`, which are its first values.
#[derive(Drop, Serde)]
pub struct InterfaceIds {
    pub snip163_session_key_manager: ByteArray,
    pub spending_policy_by_the_same_rule: ByteArray,
    pub src5: ByteArray,
    pub src6: ByteArray,
    pub src9_v2: ByteArray,
}

pub fn interface_ids() -> InterfaceIds {
    FileParser::<InterfaceIds>::parse_json(@FileTrait::new("vectors/selectors.json")).unwrap()
}

/// Returns the selectors in `vectors/selectors.json`. They stand between the interface ids and the
/// last value, which names their source.
pub fn selectors() -> Array<felt252> {
    let mut values = read_json(@FileTrait::new("vectors/selectors.json")).span();
    let _: InterfaceIds = Serde::deserialize(ref values).unwrap();
    let mut selectors = array![];
    loop {
        let hex: ByteArray = Serde::deserialize(ref values).unwrap();
        if values.is_empty() {
            break;
        }
        selectors.append(felt(@hex));
    }
    selectors
}

/// Returns the felt that `hex`, which begins with "0x", means.
pub fn felt(hex: @ByteArray) -> felt252 {
    assert!(hex.at(0) == Option::Some('0') && hex.at(1) == Option::Some('x'));
    let mut value = 0;
    for i in 2..hex.len() {
        let digit = hex[i];
        let digit = if digit < 'a' {
            digit - '0'
        } else {
            digit - 'a' + 10
        };
        value = value * 16 + digit.into();
    }
    value
}
