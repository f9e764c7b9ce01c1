use starknet::ClassHash;

/// OpenZeppelin's interface of a contract whose class can be replaced.
#[starknet::interface]
pub trait IUpgradeable<TState> {
    fn upgrade(ref self: TState, new_class_hash: ClassHash);
}
