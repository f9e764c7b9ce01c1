//! What follows when the owner's key or the class changes. Two components make these changes, and
//! the account that embeds them says here what else must happen.

/// What an account must provide to embed the owner or the upgrade component.
pub trait AuthorityChange<TContractState> {
    /// Ends every session. The components call it just before they change the owner's key or the
    /// class.
    fn authority_changes(ref self: TContractState);
}
