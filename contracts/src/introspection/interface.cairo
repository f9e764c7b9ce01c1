/// SNIP-5's id of itself.
pub const ISRC5_ID: felt252 = 0x3f918d17e5ee77373b56385708f855659a07f75997f365cf87748628532a055;

/// SNIP-6's id of an account, by which one account class asks for another.
pub const ISRC6_ID: felt252 = 0x2ceccef7f994940b3962a6c67e0ba4fcd37df7d131417c604f91e03caecc1cd;

/// SNIP-5.
#[starknet::interface]
pub trait ISRC5<TState> {
    fn supports_interface(self: @TState, interface_id: felt252) -> bool;
}

/// What introspection asks of the class that embeds it.
pub trait ClassInterfaces<TContractState> {
    /// Says whether the class supports `interface_id` by what it is, whichever class's constructor
    /// once ran.
    fn has_interface(interface_id: felt252) -> bool;
}
