#[starknet::interface]
pub trait IPublicKey<TState> {
    fn get_public_key(self: @TState) -> felt252;
    fn set_public_key(ref self: TState, new_public_key: felt252, signature: Span<felt252>);
}

/// What else an account must do when who commands it changes: its owner's key, or its class.
pub trait AuthorityChange<TContractState> {
    fn authority_changes(ref self: TContractState);
}
