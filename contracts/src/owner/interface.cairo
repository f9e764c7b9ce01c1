/// OpenZeppelin's interface of an owner's key.
#[starknet::interface]
pub trait IPublicKey<TState> {
    fn get_public_key(self: @TState) -> felt252;
    fn set_public_key(ref self: TState, new_public_key: felt252, signature: Span<felt252>);
}

/// What an account must provide to embed the owner component.
pub trait OwnerHost<TContractState> {
    /// Says whether `public_key` may become the owner's key.
    fn may_own(self: @TContractState, public_key: felt252) -> bool;
}
