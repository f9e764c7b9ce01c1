//! What the account's costs should be, and whether they are.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::cases::{NO_WHITELIST, OWNER, RELAYED, SENT, WHITELISTS};
use super::table::{Report, grouped};

/// L2 gas of a session's transfer with the fork of SNIP-163's reference on devnet 0.10.1: sent
/// plainly, and through a relayer.
const FORK: u64 = 2_297_280;
const FORK_RELAYED: u64 = 3_475_600;

/// What must hold of a class, as a line each.
pub fn check(report: &Report) -> Result<String> {
    let one = |title, name: &str| {
        let row = report.row(title, name).with_context(|| format!("no row {name}"))?;
        anyhow::Ok(row.one.l2)
    };
    let (owner, session) = (one(SENT, OWNER)?, one(SENT, NO_WHITELIST)?);
    let relayed = one(RELAYED, NO_WHITELIST)?;
    let mut text = format!("Class `{:#066x}`.\n\n", report.class_hash);
    text.push_str("| a session's transfer | L2 gas | of | ratio | at most | aim |\n");
    text.push_str("| --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (name, gas, of, most, aim) in [
        ("to the owner's own", session, owner, 1.15, "1.10"),
        ("to the fork's", session, FORK, 0.62, "0.60"),
        ("through a relayer, to the fork's", relayed, FORK_RELAYED, 0.72, ""),
    ] {
        let ratio = ratio(gas, of);
        let (gas, of) = (grouped(gas), grouped(of));
        writeln!(text, "| {name} | {gas} | {of} | {ratio:.3} | {most:.2} | {aim} |")?;
    }
    let listed = WHITELISTS.iter().map(|name| one(SENT, name)).collect::<Result<Vec<_>>>()?;
    let (least, most) = (listed.iter().min(), listed.iter().max());
    let spread = most.zip(least).map_or(0, |(most, least)| most - least);
    write!(
        text,
        "\nWith a whitelist the same transfer takes {} L2 gas more, and between the dearest and the \
         cheapest of {} lists, whatever their length and wherever in them the selector stands, \
         there are {}.",
        grouped(least.map_or(0, |least| least - session)),
        listed.len(),
        grouped(spread),
    )?;
    Ok(text)
}

fn ratio(gas: u64, of: u64) -> f64 {
    gas as f64 / of as f64
}
