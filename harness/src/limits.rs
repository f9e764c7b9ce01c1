use starknet_rust::core::types::Felt;

/// What the owner grants a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLimits {
    /// Unix time in seconds; the session is usable up to and including that second. Must be in the
    /// future when it is registered; 1 to 6 hours from now is advised.
    pub valid_until: u64,
    /// Transactions granted, at least 1. Each uses up one, however many calls it batches.
    pub max_calls: u32,
    /// Selectors that the session may call, on any contract but the account; none means any but
    /// those that SNIP-163 blocks. No selector may be 0 or stand twice.
    pub allowed_entrypoints: Vec<Felt>,
}

impl SessionLimits {
    /// The calldata of `add_session` and `add_or_update_session_key`, after the key.
    pub(crate) fn calldata(&self) -> impl Iterator<Item = Felt> + '_ {
        [self.valid_until.into(), self.max_calls.into(), self.allowed_entrypoints.len().into()]
            .into_iter()
            .chain(self.allowed_entrypoints.iter().copied())
    }
}
