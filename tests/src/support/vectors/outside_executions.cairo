//! Reads the outside executions in `vectors/outside_execution.json`. Foundry flattens the file: of
//! a list of objects it gives one array for each field.

use session_account::outside_execution::interface::OutsideExecution;
use snforge_std::fs::{FileParser, FileTrait};
use starknet::ContractAddress;
use starknet::account::Call;
use super::felt;

/// An outside execution that the client hashed and signed.
#[derive(Copy, Drop)]
pub struct SignedOutside {
    pub chain_id: felt252,
    pub account: ContractAddress,
    pub outside_execution: OutsideExecution,
    pub message_hash: felt252,
    pub r: felt252,
    pub s: felt252,
}

/// Returns the public key that signed, and the outside executions.
pub fn outside_executions() -> (felt252, Array<SignedOutside>) {
    let file = FileTrait::new("vectors/outside_execution.json");
    let file: OutsideExecutionFile = FileParser::parse_json(@file).unwrap();
    let mut calls = Calls {
        to: felts(file.to), selector: felts(file.selector), calldata: felts(file.calldata),
    };
    let shapes = shapes();
    assert_eq!(shapes.len(), file.account.len(), "a case was added: give its calls' shape");
    let mut cases = array![];
    for i in 0..shapes.len() {
        cases
            .append(
                SignedOutside {
                    chain_id: felt(file.chain_id[i]),
                    account: address(felt(file.account[i])),
                    outside_execution: OutsideExecution {
                        caller: address(felt(file.caller[i])),
                        nonce: felt(file.nonce[i]),
                        execute_after: felt(file.execute_after[i]).try_into().unwrap(),
                        execute_before: felt(file.execute_before[i]).try_into().unwrap(),
                        calls: take(ref calls, *shapes[i]),
                    },
                    message_hash: felt(file.message_hash[i]),
                    r: felt(file.r[i]),
                    s: felt(file.s[i]),
                },
            );
    }
    assert!(calls.to.is_empty() && calls.calldata.is_empty(), "a call's shape is wrong");
    (felt(@file.session_public_key), cases)
}

#[derive(Drop, Serde)]
struct OutsideExecutionFile {
    account: Array<ByteArray>,
    caller: Array<ByteArray>,
    calldata: Array<ByteArray>,
    selector: Array<ByteArray>,
    to: Array<ByteArray>,
    chain_id: Array<ByteArray>,
    execute_after: Array<ByteArray>,
    execute_before: Array<ByteArray>,
    message_hash: Array<ByteArray>,
    name: Array<ByteArray>,
    nonce: Array<ByteArray>,
    r: Array<ByteArray>,
    s: Array<ByteArray>,
    session_private_key: ByteArray,
    session_public_key: ByteArray,
}

/// The calls of all cases, as one array for each field.
#[derive(Drop)]
struct Calls {
    to: Span<felt252>,
    selector: Span<felt252>,
    calldata: Span<felt252>,
}

/// Returns what the flattening loses: for each case, the lengths of the calldata of its calls. A
/// wrong length would give another hash, and fail the test.
fn shapes() -> Array<Span<usize>> {
    let transfer = [3].span();
    array![
        transfer, transfer, transfer, [3, 3].span(), [0].span(), [].span(), [1].span(), [1].span(),
        [2].span(), [64].span(),
    ]
}

fn take(ref calls: Calls, shape: Span<usize>) -> Span<Call> {
    let mut taken = array![];
    for length in shape {
        let to = address(*calls.to.pop_front().unwrap());
        let selector = *calls.selector.pop_front().unwrap();
        let calldata = calls.calldata.slice(0, *length);
        calls.calldata = calls.calldata.slice(*length, calls.calldata.len() - *length);
        taken.append(Call { to, selector, calldata });
    }
    taken.span()
}

fn address(felt: felt252) -> ContractAddress {
    felt.try_into().unwrap()
}

fn felts(texts: Array<ByteArray>) -> Span<felt252> {
    let mut felts = array![];
    for text in texts {
        felts.append(felt(@text));
    }
    felts.span()
}
