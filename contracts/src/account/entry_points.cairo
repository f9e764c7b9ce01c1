//! What an account with sessions needs beside the components: SNIP-6's entry points, the check of a
//! signature in an outside execution, and the ids of the interfaces. Any contract that implements
//! `SessionHost` can embed them.
//!
//! A signature's length says who signed: one of 4 elements is checked as a session's, every other
//! as the owner's.

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
    /// Returns `'VALID'` if the transaction's signature allows `calls`, else 0. A session's
    /// transaction is counted here, and stays counted if the calls revert in `__execute__`.
    ///
    /// Requirements:
    ///
    /// - The caller is the protocol, else `Account: invalid caller`.
    /// - The transaction has version 3, else `Account: invalid tx version`.
    ///
    /// Nothing else makes it panic.
    ///
    /// Inlining it saves the owner's transaction 2,000 gas and a session's 2,100.
    #[inline(always)]
    fn __validate__(ref self: TContractState, calls: Array<Call>) -> felt252 {
        // 1. Panic unless the protocol calls: nobody else may have a session's transaction counted.
        let (info, tx_info) = execution_info();
        assert_protocol(info.caller_address, tx_info.version);

        match session_signature(tx_info.signature) {
            // 2. Check a session's signature and limits, and count its transaction.
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
                    // Returning here instead of after the `match` saves 100 gas.
                    Result::Ok(()) => { return starknet::VALIDATED; },
                    Result::Err(_) => 0,
                }
            },
            // 3. Check every other signature as the owner's.
            Option::None => validity(
                self.is_owner_signed(tx_info.transaction_hash, tx_info.signature),
            ),
        }
    }

    /// Makes all of `calls`, or reverts. Returns nothing, as SNIP-6 specifies since March 2025
    /// (E-17).
    ///
    /// Requirements:
    ///
    /// - The caller is the protocol, else `Account: invalid caller`.
    /// - The transaction has version 3, else `Account: invalid tx version`.
    /// - If a session signed, it has not expired, else `Session: expired`. The end is taken from
    ///   the signature and not read from storage again: `__validate__` has found the two equal.
    /// - If a session signed, it spends within its key's policies, else the error of
    ///   `spending::batch::execute`.
    ///
    /// Inlining it saves 1,200 gas.
    #[inline(always)]
    fn __execute__(ref self: TContractState, calls: Array<Call>) {
        // 1. Panic unless the protocol calls, which has validated the transaction.
        let (info, tx_info) = execution_info();
        assert_protocol(info.caller_address, tx_info.version);

        let calls = calls.span();
        // 2. Check the end of a session again, now that the real time is known. Clients estimate
        // fees with an empty signature, so no other length may panic here.
        if let Option::Some(signature) = session_signature(tx_info.signature) {
            let now = info.block_info.unbox().block_timestamp;
            time_left(signature.valid_until, now).expect(errors::session::EXPIRED);
            // 3. Make a session's calls, within the policies of its key if it has any.
            let key = signature.session_key;
            let token_count = tokens::count(key);
            if token_count != 0 {
                let account = info.contract_address;
                return within_policies::execute(Session { key, token_count, account, now }, calls);
            }
            // Returning here instead of sharing the call below saves the owner's transaction 700
            // gas and a session's 400.
            return batch::execute(calls);
        }
        // 4. Make the owner's calls.
        batch::execute(calls);
    }

    /// Returns `'VALID'` if the owner has signed `hash`, else 0. Anyone may call it. A session's
    /// signature is never valid here: a session is limited in its calls, and an off-chain message
    /// has none to check.
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
    /// - The caller is the protocol, else `Account: invalid caller`.
    /// - The transaction has version 3, else `Account: invalid tx version`.
    fn __validate_declare__(self: @TContractState, class_hash: felt252) -> felt252 {
        validate_as_owner(self)
    }

    /// Returns `'VALID'` if the owner has signed the account's deployment, else 0.
    ///
    /// Requirements:
    ///
    /// - The caller is the protocol, else `Account: invalid caller`.
    /// - The transaction has version 3, else `Account: invalid tx version`.
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
    /// Inlining it saves 2,600 gas.
    #[inline(always)]
    fn execute(
        ref self: TContractState,
        message_hash: felt252,
        signature: Span<felt252>,
        calls: Span<Call>,
        account: ContractAddress,
        now: u64,
    ) -> Array<Span<felt252>> {
        // 1. Check a session's signature and limits, and count its transaction.
        if let Option::Some(signature) = session_signature(signature) {
            let mut sessions = Sessions::get_component_mut(ref self);
            ensure(sessions.authorize(signature, message_hash, calls, account, now, Option::None));
            // 2. Make its calls, within the policies of its key if it has any.
            let key = signature.session_key;
            let token_count = tokens::count(key);
            if token_count != 0 {
                let session = Session { key, token_count, account, now };
                return within_policies::execute_and_return(session, calls);
            }
            return batch::execute_and_return(calls);
        }
        // 3. Check every other signature as the owner's, and make the owner's calls.
        assert(
            self.is_owner_signed(message_hash, signature),
            errors::outside_execution::INVALID_SIGNATURE,
        );
        batch::execute_and_return(calls)
    }
}

/// Says whether an account that embeds these parts supports `interface_id`. The answer is in the
/// code and not in storage, so that it is right whichever class's constructor once ran.
pub fn has_interface(interface_id: felt252) -> bool {
    interface_id == ISRC6_ID
        || interface_id == ISRC9_V2_ID
        || interface_id == ISESSION_KEY_MANAGER_ID
        || interface_id == ISESSION_SPENDING_POLICY_ID
        || interface_id == ISESSION_SPENDING_TOKENS_ID
        || interface_id == ISESSIONS_ID
        || interface_id == ISESSION_FEE_LIMIT_ID
}

/// Returns `'VALID'` if the owner has signed the transaction, else 0. Panics unless the protocol
/// calls.
fn validate_as_owner<TContractState, +SessionHost<TContractState>, +Drop<TContractState>>(
    self: @TContractState,
) -> felt252 {
    let (info, tx_info) = execution_info();
    assert_protocol(info.caller_address, tx_info.version);
    validity(self.is_owner_signed(tx_info.transaction_hash, tx_info.signature))
}

/// Returns `'VALID'`, by which the protocol knows a valid signature, if `is_valid`, else 0.
fn validity(is_valid: bool) -> felt252 {
    if is_valid {
        starknet::VALIDATED
    } else {
        0
    }
}
