//! What the devnet cannot show, with Starknet Foundry's cheatcodes: transactions of any version,
//! any caller, any bounds, and contracts that use syscalls of their own.

#[cfg(test)]
mod account;
#[cfg(test)]
mod fees;
#[cfg(test)]
mod meta_transaction;
#[cfg(test)]
mod openzeppelin;
#[cfg(test)]
mod signatures;
