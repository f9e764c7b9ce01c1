//! The tokens of the account in the model, and the contracts that move them. This module knows no rule of
//! the account.

use std::collections::BTreeMap;

use starknet_rust::core::types::Felt;

use crate::operation::{Function, Move, Party, Route, Token, Venue};

/// The error of the token or contract that refused to move it.
type Moved = Result<(), &'static str>;

pub const ENTRYPOINT_NOT_FOUND: &str = "ENTRYPOINT_NOT_FOUND";

#[derive(Debug, Clone, Default)]
pub struct Holdings {
    balances: BTreeMap<Token, u128>,
    /// The amount that each party may pull.
    pub allowances: BTreeMap<(Token, Party), Felt>,
    /// The amount that the vault owes the account.
    shares: BTreeMap<Token, u128>,
    /// The amount that each recipient has received.
    received: BTreeMap<(Token, Party), u128>,
}

impl Holdings {
    pub fn new(balances: impl IntoIterator<Item = (Token, u128)>) -> Self {
        Self { balances: balances.into_iter().collect(), ..Self::default() }
    }

    pub fn balance(&self, token: Token) -> u128 {
        self.balances.get(&token).copied().unwrap_or(0)
    }

    pub fn allowance(&self, token: Token, party: Party) -> Felt {
        self.allowances.get(&(token, party)).copied().unwrap_or_default()
    }

    pub fn shares(&self, token: Token) -> u128 {
        self.shares.get(&token).copied().unwrap_or(0)
    }

    pub fn received(&self, token: Token, party: Party) -> u128 {
        self.received.get(&(token, party)).copied().unwrap_or(0)
    }

    /// Returns by how much the balance of `token` is lower in `then`.
    pub fn fall(&self, then: &Self, token: Token) -> u128 {
        self.balance(token).saturating_sub(then.balance(token))
    }

    /// Makes a call of the account: `function` of `token`, for `party`.
    pub fn call(&mut self, token: Token, function: Function, party: Party, amount: Felt) -> Moved {
        match function {
            Function::Transfer => {
                let amount = u128::try_from(amount).map_err(|_| insufficient_balance(token))?;
                self.leave(token, amount)?;
                *self.received.entry((token, party)).or_default() += amount;
            }
            Function::Approve => {
                self.allowances.insert((token, party), amount);
            }
            Function::IncreaseAllowanceCamel if !token.is_of_starkgate() => {
                return Err(ENTRYPOINT_NOT_FOUND);
            }
            Function::IncreaseAllowance | Function::IncreaseAllowanceCamel => {
                *self.allowances.entry((token, party)).or_default() += amount;
            }
            Function::Missing | Function::Route(_) | Function::Make => {
                return Err(ENTRYPOINT_NOT_FOUND);
            }
        }
        Ok(())
    }

    /// Makes a move: a contract takes the account's tokens, or pays to the account.
    pub fn make(&mut self, Move { route, token, amount, other }: Move) -> Moved {
        match route {
            Route::Pull => self.pull(token, Venue::Router, amount)?,
            Route::Withdraw => match token {
                Token::Strk => return Err("ONLY_MINTER"),
                Token::Eth => return Err("MINTER_ONLY"),
                Token::Coin => self.leave(token, amount)?,
                Token::Spare(_) => return Err("Token: not the burner"),
            },
            Route::Swap => {
                self.pull(token, Venue::Exchange, amount)?;
                self.come(other, amount);
            }
            Route::Deposit => {
                self.pull(token, Venue::Vault, amount)?;
                *self.shares.entry(token).or_default() += amount;
            }
            Route::Redeem => {
                let owed = self.shares.entry(token).or_default();
                *owed = owed.checked_sub(amount).ok_or("Vault: not owed")?;
                self.come(token, amount);
            }
            Route::Pay => self.come(token, amount),
        }
        Ok(())
    }

    /// Takes a fee from the account's STRK.
    pub fn pay_fee(&mut self, fee: u128) {
        *self.balances.entry(Token::Strk).or_default() -= fee;
    }

    fn pull(&mut self, token: Token, venue: Venue, amount: u128) -> Moved {
        let allowance = self.allowances.entry((token, venue.party())).or_default();
        if *allowance < amount.into() {
            return Err(if token.is_of_starkgate() {
                "ERC20: insufficient allowance"
            } else {
                "Token: allowance too low"
            });
        }
        *allowance -= Felt::from(amount);
        self.leave(token, amount)
    }

    fn leave(&mut self, token: Token, amount: u128) -> Moved {
        let balance = self.balances.entry(token).or_default();
        *balance = balance.checked_sub(amount).ok_or_else(|| insufficient_balance(token))?;
        Ok(())
    }

    fn come(&mut self, token: Token, amount: u128) {
        *self.balances.entry(token).or_default() += amount;
    }
}

const fn insufficient_balance(token: Token) -> &'static str {
    if token.is_of_starkgate() { "ERC20: insufficient balance" } else { "Token: balance too low" }
}
