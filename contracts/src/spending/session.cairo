use starknet::ContractAddress;

/// What counting a batch needs to know of the session that signed it.
#[derive(Copy, Drop)]
pub struct Session {
    pub key: felt252,
    /// The count of tokens for which the key has policies, as `tokens::count` returns it.
    pub token_count: felt252,
    pub account: ContractAddress,
    /// Unix time in seconds.
    pub now: u64,
}
