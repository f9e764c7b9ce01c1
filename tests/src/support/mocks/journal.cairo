//! A contract that keeps the felts written to it, in their order.

#[starknet::interface]
pub trait IJournal<TState> {
    fn write(ref self: TState, entry: felt252);
    fn entries(self: @TState) -> Array<felt252>;
}

#[starknet::contract]
pub mod Journal {
    use starknet::storage::{MutableVecTrait, StoragePointerReadAccess, Vec, VecTrait};

    #[storage]
    struct Storage {
        entries: Vec<felt252>,
    }

    #[abi(embed_v0)]
    impl JournalImpl of super::IJournal<ContractState> {
        fn write(ref self: ContractState, entry: felt252) {
            self.entries.push(entry);
        }

        fn entries(self: @ContractState) -> Array<felt252> {
            let mut entries = array![];
            for i in 0..self.entries.len() {
                entries.append(self.entries.at(i).read());
            }
            entries
        }
    }
}
