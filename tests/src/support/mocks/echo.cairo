//! A contract that returns what it was sent, or fails.

#[starknet::interface]
pub trait IEcho<TState> {
    fn echo(self: @TState, values: Span<felt252>) -> Span<felt252>;
    fn fail(self: @TState);
}

#[starknet::contract]
pub mod Echo {
    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl EchoImpl of super::IEcho<ContractState> {
        fn echo(self: @ContractState, values: Span<felt252>) -> Span<felt252> {
            values
        }

        fn fail(self: @ContractState) {
            core::panic_with_felt252('Echo: failed');
        }
    }
}
