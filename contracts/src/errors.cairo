//! Every error that the account panics with. An error's prefix names the part of the account that
//! refuses.

/// Panics with the error in `checked`, if there is one.
pub fn ensure(checked: Result<(), felt252>) {
    if let Result::Err(error) = checked {
        core::panic_with_felt252(error);
    }
}

/// Errors of the account's own entry points, of its owner's key and of its upgrade.
pub mod account {
    pub const INVALID_CALLER: felt252 = 'Account: invalid caller';
    pub const INVALID_TX_VERSION: felt252 = 'Account: invalid tx version';
    pub const UNAUTHORIZED: felt252 = 'Account: unauthorized';
    pub const INVALID_KEY: felt252 = 'Account: invalid public key';
    pub const INVALID_SIGNATURE: felt252 = 'Account: invalid signature';
    pub const KEY_WAS_A_SESSIONS: felt252 = 'Account: key was a session\'s';
    pub const INVALID_CLASS: felt252 = 'Account: class is no account';
}

/// Errors of outside executions (SNIP-9). The texts are those of OpenZeppelin's SRC9 component, so
/// that its tooling recognises them.
pub mod outside_execution {
    pub const INVALID_CALLER: felt252 = 'SRC9: invalid caller';
    pub const TOO_EARLY: felt252 = 'SRC9: now <= execute_after';
    pub const TOO_LATE: felt252 = 'SRC9: now >= execute_before';
    pub const NONCE_USED: felt252 = 'SRC9: duplicated nonce';
    pub const INVALID_SIGNATURE: felt252 = 'SRC9: invalid signature';
}

/// Errors of registering session keys and of what sessions sign.
pub mod session {
    pub const ZERO_KEY: felt252 = 'Session: zero key';
    pub const INVALID_KEY: felt252 = 'Session: invalid key';
    pub const OWNER_KEY: felt252 = 'Session: key is the owner';
    pub const KEY_USED: felt252 = 'Session: key already used';
    pub const WAS_FOR_CALLS: felt252 = 'Session: scoped, use a new key';
    pub const NO_ALLOWED_CALLS: felt252 = 'Session: no allowed calls';
    pub const ZERO_TARGET: felt252 = 'Session: zero target';
    pub const END_NOT_IN_FUTURE: felt252 = 'Session: end not in the future';
    pub const END_TOO_FAR: felt252 = 'Session: end too far';
    pub const ZERO_CALLS: felt252 = 'Session: zero max_calls';
    pub const ZERO_SELECTOR: felt252 = 'Session: zero selector';
    pub const DUPLICATE_SELECTOR: felt252 = 'Session: duplicate selector';
    pub const DUPLICATE_CALL: felt252 = 'Session: duplicate call';
    pub const TOO_MANY_EPOCHS: felt252 = 'Session: too many epochs';
    pub const TOO_MANY_REGISTRATIONS: felt252 = 'Session: too many registrations';
    pub const TOO_MANY_ENTRIES: felt252 = 'Session: too many entries';
    pub const BLOCKED_SELECTOR: felt252 = 'Session: blocked selector';
    pub const NOT_FOUND: felt252 = 'Session: not found';
    pub const WRONG_VALID_UNTIL: felt252 = 'Session: wrong valid_until';
    pub const EXPIRED: felt252 = 'Session: expired';
    pub const EXHAUSTED: felt252 = 'Session: no calls left';
    pub const NOT_PLAIN: felt252 = 'Session: transaction not plain';
    pub const OVER_FEE_LIMIT: felt252 = 'Session: fee over limit';
    pub const FEE_LIMIT_TOO_LARGE: felt252 = 'Session: fee limit too large';
    pub const NO_CALLS: felt252 = 'Session: empty batch';
    pub const SELF_CALL: felt252 = 'Session: call to the account';
    pub const CALL_NOT_ALLOWED: felt252 = 'Session: call not allowed';
    pub const INVALID_SIGNATURE: felt252 = 'Session: invalid signature';
}

/// Errors of spending policies.
pub mod spending {
    pub const ZERO_TOKEN: felt252 = 'Spending: zero token';
    pub const ZERO_WINDOW: felt252 = 'Spending: zero window';
    pub const ZERO_MAXIMUM: felt252 = 'Spending: zero maximum';
    pub const INVERTED_MAXIMA: felt252 = 'Spending: inverted maxima';
    pub const SELECTOR_NOT_COUNTED: felt252 = 'Spending: selector not counted';
    pub const INVALID_AMOUNT: felt252 = 'Spending: invalid amount';
    pub const OVER_CALL_MAXIMUM: felt252 = 'Spending: over call maximum';
    pub const OVER_WINDOW_MAXIMUM: felt252 = 'Spending: over window maximum';
    pub const TOO_MANY_TOKENS: felt252 = 'Spending: too many tokens';
    pub const NO_BALANCE: felt252 = 'Spending: no balance';
}
