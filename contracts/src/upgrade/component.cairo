/// # Upgrade Component
///
/// Replaces the account's class, after asking the new one whether it is the class of an account.
#[starknet::component]
pub mod UpgradeComponent {
    use starknet::syscalls::replace_class_syscall;
    use starknet::{ClassHash, SyscallResultTrait};
    use crate::authority::AuthorityChange;
    use crate::errors::account as errors;
    use crate::transaction::assert_self;
    use super::super::class::is_account;
    use super::super::interface::IUpgradeable;

    #[storage]
    pub struct Storage {}

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {
        Upgraded: Upgraded,
    }

    #[derive(Drop, starknet::Event)]
    pub struct Upgraded {
        pub class_hash: ClassHash,
    }

    #[embeddable_as(UpgradeableImpl)]
    impl Upgradeable<
        TContractState,
        +HasComponent<TContractState>,
        impl Change: AuthorityChange<TContractState>,
        +Drop<TContractState>,
    > of IUpgradeable<ComponentState<TContractState>> {
        /// Replaces the account's class by `new_class_hash` and ends every session.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - The class is declared, else the chain's error.
        /// - The class, asked by library call, says that it supports SNIP-6 and that an empty
        ///   signature is not valid, else `Account: class is no account`.
        ///
        /// Emits `Upgraded` and `AllSessionsRevoked`.
        fn upgrade(ref self: ComponentState<TContractState>, new_class_hash: ClassHash) {
            // 1. Check the caller, and ask the new class before anything is read or written: it
            // runs as the account while it is asked (U-11).
            assert_self();
            assert(is_account(new_class_hash), errors::INVALID_CLASS);

            // 2. End every session. The epoch is read only now, since the new class could have
            // changed it.
            let mut contract = self.get_contract_mut();
            Change::authority_changes(ref contract);
            self.emit(Upgraded { class_hash: new_class_hash });

            // 3. Replace the class last.
            replace_class_syscall(new_class_hash).unwrap_syscall();
        }
    }
}
