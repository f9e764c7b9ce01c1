//! The demo's chapters. Each registers the sessions that it needs, so that a chapter that fails does not stop
//! the others.

mod deeds;
mod end;
mod last_second;
mod life;
mod limits;
mod list;
pub mod opening;
mod purse;
mod upgrades;

use super::report::{Report, Told};
use opening::Cast;

/// The chapters that need the accounts of the first one.
#[derive(Clone, Copy)]
pub enum Chapter {
    Life,
    Limits,
    List,
    Purse,
    LastSecond,
    End,
    Upgrades,
}

impl Chapter {
    pub const ALL: [Self; 7] = [
        Self::Life,
        Self::Limits,
        Self::List,
        Self::Purse,
        Self::LastSecond,
        Self::End,
        Self::Upgrades,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Life => "A session's life",
            Self::Limits => "Its limits",
            Self::List => "Its list",
            Self::Purse => "Its purse",
            Self::LastSecond => "Its last second",
            Self::End => "Its end",
            Self::Upgrades => "Upgrades",
        }
    }

    pub async fn tell(self, cast: &Cast, report: &mut Report) -> Told {
        match self {
            Self::Life => life::tell(&cast.deployed, report).await,
            Self::Limits => limits::tell(&cast.self_deployed, report).await,
            Self::List => list::tell(&cast.deployed, report).await,
            Self::Purse => purse::tell(&cast.deployed, report).await,
            Self::LastSecond => last_second::tell(&cast.deployed, report).await,
            Self::End => end::tell(&cast.self_deployed, report).await,
            Self::Upgrades => upgrades::tell(cast, report).await,
        }
    }
}
