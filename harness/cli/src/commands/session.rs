//! `session`: the commands for a session's life, from its key to its end.

mod actor;
mod create;
mod description;
mod difference;
mod end;
mod execute;
mod fee_limit;
mod list;
mod panic;
mod register;
mod revoke;
mod shown;
mod status;
mod theft;

use clap::Subcommand;

pub use description::Description;

use super::exit::Failure;
use super::options::Globals;

/// Sessions: keys that may act for an account, within limits
#[derive(Subcommand, Debug)]
pub enum Session {
    Create(create::Create),
    Register(register::Register),
    Status(status::Status),
    List(list::List),
    Execute(execute::Execute),
    FeeLimit(fee_limit::FeeLimit),
    End(end::End),
    Revoke(revoke::Revoke),
    RevokeAll(revoke::RevokeAll),
    Panic(panic::Panic),
}

impl Session {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(globals),
            Self::Register(register) => register.run(globals).await,
            Self::Status(status) => status.run(globals).await,
            Self::List(list) => list.run(globals).await,
            Self::Execute(execute) => execute.run(globals).await,
            Self::FeeLimit(limit) => limit.run(globals).await,
            Self::End(end) => end.run(globals).await,
            Self::Revoke(revoke) => revoke.run(globals).await,
            Self::RevokeAll(revoke) => revoke.run(globals).await,
            Self::Panic(panic) => panic.run(globals).await,
        }
    }
}
