//! Who commands the account: its owner's key and its class, which change apart from each other.

/// What else an account does when who commands it changes.
pub trait AuthorityChange<TContractState> {
    /// Does what follows the change of the owner's key or the class.
    fn authority_changes(ref self: TContractState);
}
