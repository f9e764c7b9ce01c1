/// The id of SNIP-5's own interface.
pub const ISRC5_ID: felt252 = 0x3f918d17e5ee77373b56385708f855659a07f75997f365cf87748628532a055;

/// The id of SNIP-6's interface, by which `upgrade` asks whether a class is an account's.
pub const ISRC6_ID: felt252 = 0x2ceccef7f994940b3962a6c67e0ba4fcd37df7d131417c604f91e03caecc1cd;

/// SNIP-5's interface.
#[starknet::interface]
pub trait ISRC5<TState> {
    fn supports_interface(self: @TState, interface_id: felt252) -> bool;
}

/// What a class must provide to embed the introspection component.
pub trait ClassInterfaces<TContractState> {
    /// Says whether the class itself supports `interface_id`, whatever stands in storage.
    fn has_interface(interface_id: felt252) -> bool;
}
