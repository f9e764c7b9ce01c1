//! Moving the account to another class.

pub mod class;
pub mod component;
pub mod interface;
