/// SNIP-5's id of itself.
pub const ISRC5_ID: felt252 = 0x3f918d17e5ee77373b56385708f855659a07f75997f365cf87748628532a055;

#[starknet::interface]
pub trait ISRC5<TState> {
    fn supports_interface(self: @TState, interface_id: felt252) -> bool;
}

/// The interfaces that a class supports by what it is, whichever class's constructor once ran.
pub trait ClassInterfaces<TContractState> {
    fn has_interface(interface_id: felt252) -> bool;
}
