//! The account's rules: one for each error that its contract panics with.

use std::fmt;

/// Defines each rule once: the contract's error, what it means, and what to do about it.
macro_rules! rules {
    ($($rule:ident: $error:literal, $meaning:literal, $remedy:literal;)*) => {
        /// A rule of the account: one for each error of `contracts/src/errors.cairo`, in that file's order.
        ///
        /// ```
        /// use session_client::Rule;
        ///
        /// assert_eq!(Rule::Expired.error(), "Session: expired");
        /// assert_eq!(Rule::Expired.meaning(), "the session has ended");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(
                #[doc = concat!("`", $error, "`: ", $meaning, ".")]
                $rule,
            )*
        }

        impl Rule {
            /// All rules, in the order of `contracts/src/errors.cairo`.
            pub const ALL: &'static [Self] = &[$(Self::$rule),*];

            /// Returns the short string that the contract panics with.
            #[must_use]
            pub const fn error(self) -> &'static str {
                match self {
                    $(Self::$rule => $error,)*
                }
            }

            /// Says what happened, and why.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$rule => $meaning,)*
                }
            }

            /// Says what to do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$rule => $remedy,)*
                }
            }
        }
    };
}

rules! {
    AccountInvalidCaller: "Account: invalid caller",
        "a contract called an entry point that only the protocol may call",
        "send a transaction instead";
    AccountInvalidTxVersion: "Account: invalid tx version",
        "the transaction is not of version 3, the only one that the account takes",
        "use a client that sends version 3, which pays fees in STRK";
    AccountUnauthorized: "Account: unauthorized",
        "somebody other than the account itself called what only the account may call",
        "have the account's owner send or sign the call";
    AccountInvalidKey: "Account: invalid public key",
        "the owner's public key is 0 or no point of the Stark curve",
        "give the x coordinate of a Stark public key";
    AccountInvalidSignature: "Account: invalid signature",
        "the signature is not the owner's, or in a change of owner, not the new one's",
        "sign with the account's own key; a new owner signs OpenZeppelin's message for this account";
    AccountKeyWasASessions: "Account: key was a session's",
        "the new owner's key was once registered as a session's, and what it signed then would be valid as the owner's",
        "choose a key that was never a session's";
    AccountInvalidClass: "Account: class is no account",
        "the class does not answer as an account of this kind does, so the account would be lost with it",
        "check the class hash: the account takes classes of SNIP-6 whose `is_valid_signature(0, [])` returns 0";
    OutsideInvalidCaller: "SRC9: invalid caller",
        "the outside execution names another contract as the only one that may submit it",
        "have that one submit it, or sign it for this one";
    OutsideTooEarly: "SRC9: now <= execute_after",
        "the outside execution may not be submitted yet",
        "wait until its `execute_after` has passed";
    OutsideTooLate: "SRC9: now >= execute_before",
        "the outside execution may not be submitted any more",
        "sign it again, with a later `execute_before`";
    OutsideNonceUsed: "SRC9: duplicated nonce",
        "an outside execution with this nonce was submitted before",
        "if it was not this one, sign it again with another nonce";
    OutsideInvalidSignature: "SRC9: invalid signature",
        "the owner's key did not sign this outside execution for this account and chain",
        "sign it with the owner's key; check the account's address and the chain";
    ZeroKey: "Session: zero key",
        "a session key cannot be 0",
        "create a fresh session key and register that";
    InvalidKey: "Session: invalid key",
        "the session key is no point of the Stark curve",
        "create a fresh session key and register that";
    OwnerKey: "Session: key is the owner",
        "the owner's own key cannot be a session's",
        "create a fresh session key and register that";
    KeyUsed: "Session: key already used",
        "this key was registered before, and what it signed then would be valid again",
        "create a fresh session key and register that";
    WasForCalls: "Session: scoped, use a new key",
        "the key was last registered for listed calls alone, and an update would remove that restriction",
        "create a fresh session key and register that";
    NoAllowedCalls: "Session: no allowed calls",
        "a session for listed calls needs at least one of them",
        "list a call";
    ZeroTarget: "Session: zero target",
        "an allowed call names contract 0",
        "name the contract that the session may call";
    EndNotInFuture: "Session: end not in the future",
        "the session would end before it begins",
        "choose a later end; the chain's clock counts";
    EndTooFar: "Session: end too far",
        "the session would end in more than 30,000 years: its end is in seconds, not milliseconds",
        "choose an earlier end; 1 to 6 hours from now is advised";
    ZeroCalls: "Session: zero max_calls",
        "the session would have no calls",
        "grant at least one";
    ZeroSelector: "Session: zero selector",
        "a selector on the list is 0",
        "name a function";
    DuplicateSelector: "Session: duplicate selector",
        "a function stands twice on the list",
        "list it once";
    DuplicateCall: "Session: duplicate call",
        "a call stands twice on the list: the same, or with and without an argument, or with arguments at two places",
        "list it once, or with several values of one argument";
    TooManyEpochs: "Session: too many epochs",
        "this account has ended all its sessions as often as it can, and takes no more of them",
        "move to a new account";
    TooManyRegistrations: "Session: too many registrations",
        "this key was registered as often as a key can be",
        "create a fresh session key and register that";
    TooManyEntries: "Session: too many entries",
        "the list has more than 65,535 entries",
        "list fewer";
    BlockedSelector: "Session: blocked selector",
        "the function is one that no session may call on any contract",
        "have the owner call it";
    NotFound: "Session: not found",
        "the account has no such session, or not any more; to revoke, the key was never registered",
        "list the account's sessions; register a fresh key if it needs one";
    WrongValidUntil: "Session: wrong valid_until",
        "the signature names another end than the session has",
        "sign with the `valid_until` that is registered";
    Expired: "Session: expired",
        "the session has ended",
        "create a fresh session key and register that";
    Exhausted: "Session: no calls left",
        "the session has used up its calls",
        "create a fresh session key and register that";
    NotPlain: "Session: transaction not plain",
        "a session's transaction must carry no paymaster data and no deployment data",
        "send a plain transaction of version 3, or an outside execution";
    OverFeeLimit: "Session: fee over limit",
        "the transaction may cost more than the session's fee limit; under the limit 0 the session works through relayers only",
        "have a relayer pay, lower its resource bounds, or have the owner raise the limit";
    FeeLimitTooLarge: "Session: fee limit too large",
        "the fee limit does not fit 64 bits",
        "set a lower one; without any, there is no limit";
    NoCalls: "Session: empty batch",
        "a session must call something",
        "give it a call";
    SelfCall: "Session: call to the account",
        "a session may call nothing on its own account, but for its own end, alone in a batch",
        "have the owner call it";
    CallNotAllowed: "Session: call not allowed",
        "the session's list does not hold this call, or holds it with another argument",
        "look at what it may call; register a fresh key for more";
    InvalidSignature: "Session: invalid signature",
        "the session's key did not sign this outside execution for this account and chain",
        "sign it again";
    SpendingZeroToken: "Spending: zero token",
        "a spending policy needs a token",
        "name the token's contract";
    SpendingZeroWindow: "Spending: zero window",
        "a window cannot last 0 seconds",
        "give it a length";
    SpendingZeroMaximum: "Spending: zero maximum",
        "a policy with a maximum of 0 lets nothing be spent",
        "give a maximum above 0, or take the token off the session's list";
    SpendingInvertedMaxima: "Spending: inverted maxima",
        "the maximum for a call is above the maximum for a window",
        "make the window's at least as large";
    SpendingSelectorNotCounted: "Spending: selector not counted",
        "under a spending policy the token can only be moved by functions that are counted",
        "use `transfer`, `approve` or an allowance, or have the owner call it";
    SpendingInvalidAmount: "Spending: invalid amount",
        "the call's amount cannot be read",
        "give recipient and amount as ERC-20 has them: the amount is two felts";
    SpendingOverCallMaximum: "Spending: over call maximum",
        "the call names more of the token than one call of the session may",
        "name less, or have the owner raise the policy";
    SpendingOverWindowMaximum: "Spending: over window maximum",
        "more of the token would leave in this window than the session may spend: what its calls name counts, and so does what leaves while another contract is called",
        "wait for the window to end, spend less, or have the owner raise the policy";
    SpendingTooManyTokens: "Spending: too many tokens",
        "the session key has policies for 8 tokens, and can have no more",
        "remove the policy of another token, or register another key";
    SpendingNoBalance: "Spending: no balance",
        "the token does not say what the account holds: it has no `balance_of` that answers with two felts below 2^128",
        "check the token's address; if it no longer answers, have the owner remove its policy";
}

impl Rule {
    /// Says whether the rule is that a signature must be made by its key over the message's hash.
    #[must_use]
    pub const fn is_of_a_signature(self) -> bool {
        matches!(
            self,
            Self::AccountInvalidSignature | Self::OutsideInvalidSignature | Self::InvalidSignature
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.error())
    }
}
