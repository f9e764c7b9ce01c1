//! Has a session end itself.

use snforge_std::signature::stark_curve::StarkCurveKeyPair;
use starknet::ContractAddress;
use starknet::account::Call;
use super::account::END;
use super::outside::{Outcome, outside, relay, sign_outside};

/// Returns the call by which the session of `key` ends itself.
pub fn ending(account: ContractAddress, key: felt252) -> Call {
    Call { to: account, selector: selector!("revoke_session"), calldata: array![key].span() }
}

/// Has the session of `key` end itself through a relayer.
pub fn end_itself(account: ContractAddress, key: StarkCurveKeyPair) -> Outcome {
    let signed = outside(array![ending(account, key.public_key)].span());
    let signature = sign_outside(key, account, signed);
    relay(account, signed, array![key.public_key, *signature[0], *signature[1], END.into()])
}
