use starknet::ContractAddress;

/// The session that signed a batch, as its policies need it.
#[derive(Copy, Drop)]
pub struct Session {
    pub key: felt252,
    /// For how many tokens the key has policies, as `tokens::count` has it.
    pub token_count: felt252,
    pub account: ContractAddress,
    /// Unix time in seconds.
    pub now: u64,
}
