//! Upgrades the account to another class.

use session_account::upgrade::interface::{
    IUpgradeableSafeDispatcher, IUpgradeableSafeDispatcherTrait,
};
use starknet::{ClassHash, ContractAddress};
use super::outside::call_from_itself;

/// Has the account upgrade itself to `class_hash`.
#[feature("safe_dispatcher")]
pub fn upgrade(account: ContractAddress, class_hash: ClassHash) -> Result<(), Array<felt252>> {
    call_from_itself(account);
    IUpgradeableSafeDispatcher { contract_address: account }.upgrade(class_hash)
}
