//! Classes that are no account's, but look like one while they run in an account's storage.

/// An answer of felts without their number before them. `Impostor` answers `is_valid_signature`
/// with as many equal felts as a test says, as no ABI could say it.
#[derive(Drop)]
pub struct Answer {
    pub felts: Span<felt252>,
}

impl AnswerSerde of Serde<Answer> {
    fn serialize(self: @Answer, ref output: Array<felt252>) {
        output.append_span(*self.felts);
    }

    fn deserialize(ref serialized: Span<felt252>) -> Option<Answer> {
        Option::Some(Answer { felts: serialized })
    }
}

#[starknet::interface]
pub trait IFlagged<TState> {
    fn supports_interface(self: @TState, interface_id: felt252) -> bool;
}

#[starknet::interface]
pub trait IImpostor<TState> {
    fn is_valid_signature(ref self: TState, hash: felt252, signature: Array<felt252>) -> Answer;
}

/// Supports the interfaces that have a flag in storage under OpenZeppelin's name, as many contracts
/// do. It has no other entry point.
#[starknet::contract]
pub mod Flagged {
    use starknet::storage::{Map, StorageMapReadAccess};

    #[storage]
    struct Storage {
        SRC5_supported_interfaces: Map<felt252, bool>,
    }

    #[abi(embed_v0)]
    impl FlaggedImpl of super::IFlagged<ContractState> {
        fn supports_interface(self: @ContractState, interface_id: felt252) -> bool {
            self.SRC5_supported_interfaces.read(interface_id)
        }
    }
}

/// Supports every interface. The storage of the account that asks it says what it answers to
/// `is_valid_signature`, and what it then writes as the account's epoch and owner.
#[starknet::contract]
pub mod Impostor {
    use starknet::storage::{StoragePointerReadAccess, StoragePointerWriteAccess};

    #[storage]
    struct Storage {
        Impostor_length: u32,
        Impostor_felt: felt252,
        Impostor_epoch: felt252,
        Sessions_v2_epoch: felt252,
        Account_public_key: felt252,
    }

    #[abi(embed_v0)]
    impl FlaggedImpl of super::IFlagged<ContractState> {
        fn supports_interface(self: @ContractState, interface_id: felt252) -> bool {
            true
        }
    }

    #[abi(embed_v0)]
    impl ImpostorImpl of super::IImpostor<ContractState> {
        fn is_valid_signature(
            ref self: ContractState, hash: felt252, signature: Array<felt252>,
        ) -> super::Answer {
            let epoch = self.Impostor_epoch.read();
            if epoch != 0 {
                self.Sessions_v2_epoch.write(epoch);
                self.Account_public_key.write(1);
            }
            let mut felts = array![];
            for _ in 0..self.Impostor_length.read() {
                felts.append(self.Impostor_felt.read());
            }
            super::Answer { felts: felts.span() }
        }
    }
}
