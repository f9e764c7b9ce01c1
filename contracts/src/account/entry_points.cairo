//! What an account with sessions is made of beside its components: SNIP-6's entry points, to embed
//! in any contract that knows its owner, whom it lets submit outside executions, and its
//! interfaces. A signature's length says who signed: 4 elements are a session's, everything else is
//! the owner's.

use starknet::ContractAddress;
use starknet::account::Call;
use crate::errors::ensure;
use crate::introspection::interface::ISRC6_ID;
use crate::outside_execution::interface::{ISRC9_V2_ID, OutsideAuthority};
use crate::session::component::SessionComponent;
use crate::session::component::SessionComponent::InternalTrait as SessionInternalTrait;
use crate::session::interface::{
    ISESSIONS_ID, ISESSION_FEE_LIMIT_ID, ISESSION_KEY_MANAGER_ID, SessionHost,
};
use crate::session::rules::time_left;
use crate::signature::session_signature;
use crate::spending::component::SpendingComponent;
use crate::spending::interface::{ISESSION_SPENDING_POLICY_ID, ISESSION_SPENDING_TOKENS_ID};
use crate::spending::session::Session;
use crate::spending::{batch as within_policies, tokens};
use crate::transaction::{assert_protocol, execution_info};
use crate::{batch, errors};
use super::interface::{IDeployable, ISRC6};

#[starknet::embeddable]
pub impl SRC6Impl<
    TContractState,
    +SessionHost<TContractState>,
    impl Sessions: SessionComponent::HasComponent<TContractState>,
    +SpendingComponent::HasComponent<TContractState>,
    +Drop<TContractState>,
> of ISRC6<TContractState> {
    /// Returns `'VALID'` if the transaction's signature allows `calls`, else 0. A session's use
    /// is counted here, and stays counted if the calls revert.
    ///
    /// Requirements:
    ///
    /// - The protocol calls it (`Account: invalid caller`) in a transaction of version 3
    ///   (`Account: invalid tx version`). It panics for nothing else.
    ///
    /// Inlined, which saves the owner 2,000 gas and a session 1,200.
    #[inline(always)]
    fn __validate__(ref self: TContractState, calls: Array<Call>) -> felt252 {
        let (info, tx_info) = execution_info();
        assert_protocol(info.caller_address, tx_info.version);

        match session_signature(tx_info.signature) {
            Option::Some(signature) => {
                let mut sessions = Sessions::get_component_mut(ref self);
                match sessions
                    .authorize(
                        signature,
                        tx_info.transaction_hash,
                        calls.span(),
                        info.contract_address,
                        info.block_info.unbox().block_timestamp,
                        Option::Some(info.tx_info),
                    ) {
                    // To return here saves 100 gas.
                    Result::Ok(()) => { return starknet::VALIDATED; },
                    Result::Err(_) => 0,
                }
            },
            Option::None => validity(
                self.is_owner_signed(tx_info.transaction_hash, tx_info.signature),
            ),
        }
    }

    /// Makes `calls`, all or none. It returns nothing, as SNIP-6 has it since March 2025 (E-17).
    ///
    /// Requirements:
    ///
    /// - The protocol calls it (`Account: invalid caller`) in a transaction of version 3
    ///   (`Account: invalid tx version`).
    /// - The session that signed, if one did, has not expired, to the second: else `Session:
    ///   expired`. `__validate__` has just found `valid_until` equal to the stored one.
    /// - That session spends within its policies, else the error of
    ///   `spending::batch::execute`.
    ///
    /// Inlined, which saves 1,400 gas.
    #[inline(always)]
    fn __execute__(ref self: TContractState, calls: Array<Call>) {
        let (info, tx_info) = execution_info();
        assert_protocol(info.caller_address, tx_info.version);

        let calls = calls.span();
        // Clients estimate fees with an empty signature: no other length may panic here.
        if let Option::Some(signature) = session_signature(tx_info.signature) {
            let now = info.block_info.unbox().block_timestamp;
            time_left(signature.valid_until, now).expect(errors::session::EXPIRED);
            let key = signature.session_key;
            let token_count = tokens::count(key);
            if token_count != 0 {
                let account = info.contract_address;
                return within_policies::execute(Session { key, token_count, account, now }, calls);
            }
            // To return here and not below saves the owner 700 gas and a session 400.
            return batch::execute(calls);
        }
        batch::execute(calls);
    }

    /// Returns `'VALID'` if the owner has signed `hash`, else 0. Anyone may call it. A
    /// session's signature is never valid here: with no calls at hand, none of its limits could
    /// hold.
    fn is_valid_signature(
        self: @TContractState, hash: felt252, signature: Array<felt252>,
    ) -> felt252 {
        validity(self.is_owner_signed(hash, signature.span()))
    }
}

#[starknet::embeddable]
pub impl DeployableImpl<
    TContractState, +SessionHost<TContractState>, +Drop<TContractState>,
> of IDeployable<TContractState> {
    /// Returns `'VALID'` if the owner has signed the declaration, else 0.
    ///
    /// Requirements:
    ///
    /// - The protocol calls it (`Account: invalid caller`) in a transaction of version 3
    ///   (`Account: invalid tx version`).
    fn __validate_declare__(self: @TContractState, class_hash: felt252) -> felt252 {
        validate_as_owner(self)
    }

    /// Returns `'VALID'` if the owner has signed the account's deployment, else 0.
    ///
    /// Requirements:
    ///
    /// - The protocol calls it (`Account: invalid caller`) in a transaction of version 3
    ///   (`Account: invalid tx version`).
    fn __validate_deploy__(
        self: @TContractState,
        class_hash: felt252,
        contract_address_salt: felt252,
        public_key: felt252,
    ) -> felt252 {
        validate_as_owner(self)
    }
}

/// Lets the owner and sessions sign outside executions.
pub impl OutsideAuthorityImpl<
    TContractState,
    +SessionHost<TContractState>,
    impl Sessions: SessionComponent::HasComponent<TContractState>,
    +SpendingComponent::HasComponent<TContractState>,
    +Drop<TContractState>,
> of OutsideAuthority<TContractState> {
    /// Inlined, which saves 1,500 gas.
    #[inline(always)]
    fn execute(
        ref self: TContractState,
        message_hash: felt252,
        signature: Span<felt252>,
        calls: Span<Call>,
        account: ContractAddress,
        now: u64,
    ) -> Array<Span<felt252>> {
        if let Option::Some(signature) = session_signature(signature) {
            let mut sessions = Sessions::get_component_mut(ref self);
            ensure(sessions.authorize(signature, message_hash, calls, account, now, Option::None));
            let key = signature.session_key;
            let token_count = tokens::count(key);
            if token_count != 0 {
                let session = Session { key, token_count, account, now };
                return within_policies::execute_and_return(session, calls);
            }
            return batch::execute_and_return(calls);
        }
        assert(
            self.is_owner_signed(message_hash, signature),
            errors::outside_execution::INVALID_SIGNATURE,
        );
        batch::execute_and_return(calls)
    }
}

/// Says whether such an account supports an interface by what it embeds, whichever class's
/// constructor once ran.
pub fn has_interface(interface_id: felt252) -> bool {
    interface_id == ISRC6_ID
        || interface_id == ISRC9_V2_ID
        || interface_id == ISESSION_KEY_MANAGER_ID
        || interface_id == ISESSION_SPENDING_POLICY_ID
        || interface_id == ISESSION_SPENDING_TOKENS_ID
        || interface_id == ISESSIONS_ID
        || interface_id == ISESSION_FEE_LIMIT_ID
}

/// Returns `'VALID'` if the owner has signed the transaction, else 0, and panics unless the
/// protocol is calling.
fn validate_as_owner<TContractState, +SessionHost<TContractState>, +Drop<TContractState>>(
    self: @TContractState,
) -> felt252 {
    let (info, tx_info) = execution_info();
    assert_protocol(info.caller_address, tx_info.version);
    validity(self.is_owner_signed(tx_info.transaction_hash, tx_info.signature))
}

/// Returns what the protocol takes for a valid signature, `'VALID'`, or 0.
fn validity(is_valid: bool) -> felt252 {
    if is_valid {
        starknet::VALIDATED
    } else {
        0
    }
}
