//! Reads `--allow`: a function of a contract, with any arguments or with one that is pinned.

use std::str::FromStr;

use session_client::abi::{Abi, AbiError, Parameter};
use session_client::{AllowedCall, COUNTED_FUNCTIONS, is_counted};
use starknet_rust::core::types::Felt;

use super::abis::{Abis, contract_name, function_name, is_mover};
use super::ask;
use super::caps::Cap;
use super::exit::Failure;
use super::transaction::Desk;
use super::value::{contract, felt, function};

/// An entry of a list as it is typed, before the contract's ABI gives the place of its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    to: Felt,
    /// The function as it was typed: a name, or a selector.
    function: String,
    selector: Felt,
    pin: Option<(Place, Felt)>,
}

/// How the pinned argument is named.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    First,
    Named(String),
    At(u8),
}

impl FromStr for Allow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no CONTRACT:FUNCTION, with or without :PARAMETER=VALUE, as in \
                 STRK:transfer:recipient=0x5"
            )
        };
        let (to, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (name, pin) = if let Some((name, rest)) = rest.split_once('@') {
            let (index, value) = rest.split_once('=').ok_or_else(wrong)?;
            let index = index
                .parse()
                .map_err(|_| format!("`{index}` is no place: write a number from 0 to 255"))?;
            (name, Some((Place::At(index), pinned(value)?)))
        } else if let Some((name, rest)) = rest.split_once(':') {
            let pin = match rest.split_once('=') {
                Some(("", _)) => return Err(wrong()),
                Some((parameter, value)) => (Place::Named(parameter.to_owned()), pinned(value)?),
                None => (Place::First, pinned(rest)?),
            };
            (name, Some(pin))
        } else {
            (rest, None)
        };
        Ok(Self { to: contract(to)?, function: name.to_owned(), selector: function(name)?, pin })
    }
}

/// Reads a pinned value: a felt, or a known contract's name.
fn pinned(text: &str) -> Result<Felt, String> {
    contract(text).or_else(|_| felt(text))
}

impl Allow {
    /// Finds the place of the pinned argument in the calldata.
    fn resolve(&self, abi: &Abi) -> Result<AllowedCall, AbiError> {
        let call = AllowedCall::new(self.to, self.selector);
        let Some((place, value)) = &self.pin else { return Ok(call) };
        let parameter: Parameter = match place {
            Place::First => abi.first_parameter(self.selector)?,
            Place::Named(name) => abi.parameter(self.selector, name)?,
            Place::At(index) => abi.parameter_at(self.selector, *index)?,
        };
        let argument = parameter.pinned(*value)?;
        Ok(call.with_argument(argument.index, argument.value))
    }
}

/// Finds the places of all pinned arguments. Contracts of entries without a pin are not asked.
pub async fn resolve(allow: &[Allow], abis: &mut Abis<'_>) -> Result<Vec<AllowedCall>, Failure> {
    let mut calls = Vec::new();
    for entry in allow {
        if entry.pin.is_none() {
            calls.push(AllowedCall::new(entry.to, entry.selector));
            continue;
        }
        let abi = abis.of(entry.to).await?;
        let call = entry.resolve(abi).map_err(|error| {
            let of = abi
                .function_name(entry.selector)
                .map_or_else(|| function_name(entry.selector), str::to_owned);
            let meant = match error {
                AbiError::NoFunction(_) => meant(abi, &entry.function),
                _ => String::new(),
            };
            Failure::usage(
                format!("{}.{of}: {error}{meant}: nothing was sent", contract_name(entry.to)),
                remedy(&error),
            )
        })?;
        calls.push(call);
    }
    Ok(calls)
}

/// Asks whether an entry without a pin is meant if the contract's ABI does not have its function. A mistyped
/// name would list nothing, or whatever the contract's author later adds under that name.
pub async fn question(allow: &[Allow], abis: &mut Abis<'_>, desk: &Desk) -> Result<(), Failure> {
    for Allow { to, function, selector, .. } in allow {
        let Some(what) = lacks(abis, *to, function, *selector).await else { continue };
        if desk.fee.dry_run || desk.fee.yes {
            desk.printer.warn(what);
        } else {
            ask::confirm(&format!("{what}. List it all the same?"))?;
        }
    }
    Ok(())
}

/// Says that the ABI of `to` does not have the function, and names the most similar one; `None` if the ABI has
/// it, or cannot be read.
pub async fn lacks(
    abis: &mut Abis<'_>,
    to: Felt,
    function: &str,
    selector: Felt,
) -> Option<String> {
    let abi = abis.lacking(to, selector).await?;
    let meant = meant(abi, function);
    Some(format!("the ABI of {} has no function `{function}`{meant}", contract_name(to)))
}

/// Asks whether the function of `abi` is meant that is spelled most like `function`, if one is.
fn meant(abi: &Abi, function: &str) -> String {
    let distance = |name: &&str| strsim::damerau_levenshtein(name, function);
    let nearest = abi.function_names().min_by_key(|name| (distance(name), *name));
    // Up to a third of the letters may differ.
    match nearest.filter(|name| distance(name) <= name.len().max(3) / 3) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    }
}

/// Describes entries that the account will refuse, because their token is capped.
pub fn forbidden(calls: &[AllowedCall], caps: &[Cap]) -> impl Iterator<Item = String> {
    let is_capped = |call: &&AllowedCall| caps.iter().any(|cap| cap.unit.token == call.to);
    let is_refused = |call: &&AllowedCall| !is_counted(call.selector);
    calls.iter().filter(is_capped).filter(is_refused).map(|call| {
        let (function, token) = (function_name(call.selector), contract_name(call.to));
        format!(
            "{token}.{function} is listed, and will be refused: on a capped token a session may call \
             only {}",
            COUNTED_FUNCTIONS.join(", ")
        )
    })
}

const fn remedy(error: &AbiError) -> &'static str {
    match error {
        AbiError::NotFixed { .. } => {
            "only a parameter that stands before every array, option, enum and text can be pinned"
        }
        AbiError::WideNumber { .. } => {
            "limit amounts with `policy set`, and pin who is paid or may spend"
        }
        AbiError::SeveralFelts { .. } => "name the member that is meant",
        AbiError::NoFunction(_) => {
            "check the function's name; a proxy's ABI does not tell of what is behind it"
        }
        AbiError::Value { .. } => "check the value: no call would ever be allowed",
        _ => "check the parameter's name, or its place in the calldata",
    }
}

/// Returns the entries that move a token without a cap.
pub fn uncapped<'a>(
    calls: &'a [AllowedCall],
    caps: &'a [Cap],
) -> impl Iterator<Item = &'a AllowedCall> {
    calls
        .iter()
        .filter(|call| is_mover(call.selector) && caps.iter().all(|cap| cap.unit.token != call.to))
}

/// Describes entries without a pin that make a pin useless: they move the same tokens to anybody.
pub fn undone(calls: &[AllowedCall]) -> impl Iterator<Item = String> {
    let is_open = |it: &&AllowedCall| it.argument.is_none() && is_mover(it.selector);
    let is_undone =
        |open: &&AllowedCall| calls.iter().any(|it| it.argument.is_some() && it.to == open.to);
    calls.iter().filter(is_open).filter(is_undone).map(|open| {
        let (function, contract) = (function_name(open.selector), contract_name(open.to));
        format!(
            "{contract}.{function} is listed without a pin: with it a thief of the key can take \
             what the pinned entries protect"
        )
    })
}

#[cfg(test)]
mod tests {
    use session_client::AllowedArgument;
    use session_client::felt::selector;
    use session_client::token::{ETH, STRK};

    use super::*;

    const ABI: &str = r#"[{ "type": "function", "name": "swap", "inputs": [
        { "name": "token", "type": "core::starknet::contract_address::ContractAddress" },
        { "name": "minimum", "type": "core::integer::u256" },
        { "name": "to", "type": "core::starknet::contract_address::ContractAddress" }
    ] }]"#;

    fn resolved(text: &str) -> Result<AllowedCall, AbiError> {
        let allow: Allow = text.parse().expect("an entry");
        allow.resolve(&Abi::parse(ABI).expect("an ABI"))
    }

    #[test]
    fn an_argument_is_named_placed_or_first() {
        let swap = AllowedCall::new(STRK, selector("swap"));
        for (text, index, value) in [
            ("STRK:swap:0x5", 0, Felt::from(5)),
            ("STRK:swap:token=ETH", 0, ETH),
            ("STRK:swap@0=0x5", 0, Felt::from(5)),
            ("STRK:swap:to=7", 3, Felt::from(7)),
            ("STRK:swap@3=7", 3, Felt::from(7)),
        ] {
            assert_eq!(resolved(text), Ok(swap.with_argument(index, value)), "{text}");
        }
        assert_eq!(resolved("STRK:swap"), Ok(swap));
        assert!(matches!(resolved("STRK:swap@2=7"), Err(AbiError::WideNumber { .. })));
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for wrong in [
            "",
            "STRK",
            "STRK:",
            "STRK:1x",
            "nobody:swap",
            "STRK:swap:",
            "STRK:swap:=5",
            "STRK:swap:to=",
            "STRK:swap@0",
            "STRK:swap@256=5",
            "STRK:swap@-1=5",
            "STRK:swap@to=5",
            "STRK:swap:u256:5",
        ] {
            assert!(wrong.parse::<Allow>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_open_entry_beside_a_pinned_one_is_warned_of() {
        let on = |to, name, pin: Option<u8>| AllowedCall {
            to,
            selector: selector(name),
            argument: pin.map(|index| AllowedArgument { index, value: Felt::ONE }),
        };
        let pinned = on(STRK, "transfer", Some(0));
        assert_eq!(undone(&[pinned, on(STRK, "approve", None)]).count(), 1);
        assert_eq!(undone(&[pinned, on(ETH, "approve", None)]).count(), 0);
        assert_eq!(undone(&[pinned, on(STRK, "approve", Some(0))]).count(), 0);
        assert_eq!(undone(&[pinned, on(STRK, "claim", None)]).count(), 0);
    }
}
