use starknet::account::Call;

/// SNIP-6's interface of an account. `__validate__` takes the state by reference, since it writes
/// how many transactions a session has left.
#[starknet::interface]
pub trait ISRC6<TState> {
    fn __validate__(ref self: TState, calls: Array<Call>) -> felt252;
    fn __execute__(ref self: TState, calls: Array<Call>);
    fn is_valid_signature(self: @TState, hash: felt252, signature: Array<felt252>) -> felt252;
}

/// The entry points by which the protocol validates declarations and the account's own deployment.
#[starknet::interface]
pub trait IDeployable<TState> {
    fn __validate_declare__(self: @TState, class_hash: felt252) -> felt252;
    fn __validate_deploy__(
        self: @TState, class_hash: felt252, contract_address_salt: felt252, public_key: felt252,
    ) -> felt252;
}
