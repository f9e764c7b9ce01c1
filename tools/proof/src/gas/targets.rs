//! The most that transactions may cost, and what they should cost: edit the tables [`BOUNDS`] and
//! [`EXTRAS`].

use std::fmt::Write;

use anyhow::{Context, Result};

use super::cases::{
    ADD_0, ADD_2, ADD_32, ADD_CALLS_2, ADD_FIRST_2, ADD_PINNED_2, CALLS, ELSEWHERE, FEE,
    FIRST_OF_2, FIRST_OF_32, LAST_OF_32, MANAGING, NO_LIST, NO_POLICY, OWNER, PINNED, POLICY,
    POLICY_ELSEWHERE, RELAYED, SENT, TO_NOBODY,
};
use super::prices;
use super::table::{Report, grouped};

/// A bound on a ratio: `gas` is at most `at_most` times `of`, and should be at most `aim` times.
struct Bound {
    name: &'static str,
    gas: Cost,
    of: Cost,
    at_most: f64,
    aim: Option<f64>,
}

/// A bound on a difference: `gas` is at most `at_most` more than `over`.
struct Extra {
    name: &'static str,
    gas: Cost,
    over: Cost,
    at_most: u64,
}

/// An amount of L2 gas.
#[derive(Clone, Copy)]
enum Cost {
    /// The gas of one call, in a row of a table: title and row.
    One(&'static str, &'static str),
    /// The gas of four calls, in a row of a table: title and row.
    Four(&'static str, &'static str),
    /// Gas that was measured outside this repository.
    Elsewhere(u64),
}

use Cost::{Four, One};

const fn bound(name: &'static str, gas: Cost, of: Cost, at_most: f64, aim: Option<f64>) -> Bound {
    Bound { name, gas, of, at_most, aim }
}

const fn extra(name: &'static str, gas: Cost, over: Cost, at_most: u64) -> Extra {
    Extra { name, gas, over, at_most }
}

/// The L2 gas of other accounts. It was measured outside this repository on 2026-11-25, on the devnet
/// 0.10.1 (Starknet 0.14.4), in Sierra gas, as were the accounts, the relayer and the token. The first
/// three were measured with the second version of this account, and with a token that takes as much gas as
/// `mocks/src/token.cairo`. The others were measured with the first version, and with a token that took
/// 3,200 gas more for a transfer, which is subtracted here for each.
mod elsewhere {
    use super::Cost::{self, Elsewhere};

    const TOKEN: u64 = 3_200;

    /// This account's second version before policies counted what leaves: a session's transfer without a
    /// list and without a policy. It must not become more expensive.
    pub const BEFORE_CAPS: Cost = Elsewhere(1_480_699);
    /// The same, with four transfers in one transaction.
    pub const BEFORE_CAPS_FOUR: Cost = Elsewhere(3_283_439);
    /// OpenZeppelin's account 3.0.0: a transfer of its owner.
    pub const OPENZEPPELIN: Cost = Elsewhere(1_356_215);
    /// The fork of SNIP-163's reference, `contracts/session-account` of starknet-agentic: a session's
    /// transfer that is listed.
    pub const FORK: Cost = Elsewhere(2_400_521);
    /// The fork: a session's transfer that is listed and relayed.
    pub const FORK_RELAYED: Cost = Elsewhere(3_446_206);
    /// The fork: a session's transfer without a list.
    pub const FORK_NO_LIST: Cost = Elsewhere(2_760_641 - TOKEN);
    /// The fork: four listed transfers in one transaction.
    pub const FORK_FOUR: Cost = Elsewhere(5_121_640 - 4 * TOKEN);
    /// The fork: a transfer by the 32nd of 32 selectors.
    pub const FORK_LAST_OF_32: Cost = Elsewhere(3_990_841 - TOKEN);
    /// The fork: `add_session` without selectors.
    pub const FORK_ADD_0: Cost = Elsewhere(2_286_505);
    /// The fork: `add_session` with 2 selectors.
    pub const FORK_ADD_2: Cost = Elsewhere(3_735_665);
    /// The fork: `add_session` with 32 selectors.
    pub const FORK_ADD_32: Cost = Elsewhere(19_763_065);
}

use elsewhere::{
    BEFORE_CAPS, BEFORE_CAPS_FOUR, FORK, FORK_ADD_0, FORK_ADD_2, FORK_ADD_32, FORK_FOUR,
    FORK_LAST_OF_32, FORK_NO_LIST, FORK_RELAYED, OPENZEPPELIN,
};

/// A session's transfer that its list allows.
const LISTED: Cost = One(SENT, FIRST_OF_2);
const OWNERS: Cost = One(SENT, OWNER);

/// The bounds on ratios. Three reads, a write and two felts of signature more than the owner's would alone
/// make a session's listed transfer 1.106 times the owner's.
#[rustfmt::skip] // one line each
const BOUNDS: [Bound; 18] = [
    bound("the owner's transfer, to OpenZeppelin's", OWNERS, OPENZEPPELIN, 0.995, Some(0.990)),
    bound("a session's listed transfer, to the owner's", LISTED, OWNERS, 1.120, Some(1.115)),
    bound("... to the fork's", LISTED, FORK, 0.628, Some(0.625)),
    bound("without a list, to the fork's", One(SENT, NO_LIST), FORK_NO_LIST, 0.541, None),
    bound("... to the second version's, before caps", One(SENT, NO_LIST), BEFORE_CAPS, 1.0, None),
    bound("4 transfers without a list, to the second version's", Four(SENT, NO_LIST), BEFORE_CAPS_FOUR, 1.0, None),
    bound("4 listed transfers, to the fork's", Four(SENT, FIRST_OF_2), FORK_FOUR, 0.668, None),
    bound("the 32nd of 32, to the first", One(SENT, LAST_OF_32), One(SENT, FIRST_OF_32), 1.0, None),
    bound("... to the fork's", One(SENT, LAST_OF_32), FORK_LAST_OF_32, 0.381, None),
    bound("relayed and listed, to the fork's", One(RELAYED, FIRST_OF_2), FORK_RELAYED, 0.695, Some(0.690)),
    bound("`add_session`, 0 selectors, to the fork's", One(MANAGING, ADD_0), FORK_ADD_0, 0.689, None),
    bound("`add_session`, 2 selectors, the account's first, to the fork's", One(MANAGING, ADD_FIRST_2), FORK_ADD_2, 0.710, Some(0.690)),
    bound("... later", One(MANAGING, ADD_2), FORK_ADD_2, 0.710, Some(0.690)),
    bound("`add_session`, 32 selectors, to the fork's", One(MANAGING, ADD_32), FORK_ADD_32, 0.960, Some(0.945)),
    bound("`add_session_for_calls`, 2 calls, to `add_session`", One(MANAGING, ADD_CALLS_2), One(MANAGING, ADD_2), 1.060, None),
    bound("... 2 calls with an argument, to 2 calls", One(MANAGING, ADD_PINNED_2), One(MANAGING, ADD_CALLS_2), 1.380, None),
    bound("a transfer by a list of calls with a fee limit, to one by a list of selectors without one", One(SENT, CALLS), LISTED, 1.009, None),
    bound("the account's first session, to a later one", One(MANAGING, ADD_FIRST_2), One(MANAGING, ADD_2), 1.0, None),
];

#[rustfmt::skip] // one line each
const EXTRAS: [Extra; 6] = [
    extra("a list, over none", LISTED, One(SENT, NO_LIST), 27_000),
    extra("an argument, over a listed call without one", One(SENT, PINNED), One(SENT, CALLS), 31_000),
    extra("a fee limit, over none", One(SENT, FEE), One(SENT, NO_LIST), 11_500),
    extra("a spending policy, over none", One(SENT, POLICY), One(SENT, NO_LIST), 402_000),
    extra("a policy and a call of another contract, over no policy", One(ELSEWHERE, POLICY_ELSEWHERE), One(ELSEWHERE, NO_POLICY), 450_000),
    extra("a transfer that makes a cell of 0 something, over one that makes none", One(SENT, TO_NOBODY), OWNERS, 402_000),
];

/// Returns the table of targets as Markdown, and one line for each target that is missed.
pub fn check(report: &Report) -> Result<(String, Vec<String>)> {
    let mut missed = vec![];
    let mut text = format!("Class `{:#066x}`.\n\n", report.class_hash);
    text.push_str("| L2 gas | | of | ratio | at most | aim |\n");
    text.push_str("| --- | ---: | ---: | ---: | ---: | ---: |\n");
    for Bound { name, gas, of, at_most, aim } in BOUNDS {
        let (gas, of) = (gas.look_up(report)?, of.look_up(report)?);
        let ratio = gas as f64 / of as f64;
        if ratio > at_most {
            missed.push(format!("{name}: {ratio:.4}, not {at_most:.3}"));
        }
        let aim = aim.map_or_else(String::new, |aim| format!("{aim:.3}"));
        let (gas, of) = (grouped(gas), grouped(of));
        writeln!(text, "| {name} | {gas} | {of} | {ratio:.3} | {at_most:.3} | {aim} |")?;
    }
    text.push_str("\n| L2 gas | | over | more | at most |\n");
    text.push_str("| --- | ---: | ---: | ---: | ---: |\n");
    for Extra { name, gas, over, at_most } in EXTRAS {
        let (gas, over) = (gas.look_up(report)?, over.look_up(report)?);
        let more = gas.saturating_sub(over);
        if more > at_most {
            missed.push(format!("{name}: {more} more, not {at_most}"));
        }
        let [gas, over, more, at_most] = [gas, over, more, at_most].map(grouped);
        writeln!(text, "| {name} | {gas} | {over} | {more} | {at_most} |")?;
    }
    let (owner, session) = (OWNERS.look_up(report)?, LISTED.look_up(report)?);
    let least = owner + prices::least()?;
    writeln!(
        text,
        "\nThe least that a session's listed transfer could take is {}, {:.3} of the owner's, by what it \
         reads, writes and signs beyond the owner's alone. It takes {} more: the rules.",
        grouped(least),
        least as f64 / owner as f64,
        grouped(session.saturating_sub(least)),
    )?;
    Ok((text, missed))
}

impl Cost {
    fn look_up(self, report: &Report) -> Result<u64> {
        let row = |table, name: &str| {
            report.row(table, name).with_context(|| format!("no row {name} in {table}"))
        };
        Ok(match self {
            Self::One(table, name) => row(table, name)?.one.l2,
            Self::Four(table, name) => {
                row(table, name)?.four.with_context(|| format!("no four calls: {name}"))?.l2
            }
            Self::Elsewhere(gas) => gas,
        })
    }
}
