//! Reads and shows amounts of tokens. A unit belongs to its token, so no amount is read in the unit of
//! another token.

use std::str::FromStr;

use session_client::NEXT_BLOCK;
use session_client::felt::selector;
use session_client::token::{ETH, STRK};
use session_client::units;
use session_client::{COUNTED_FUNCTIONS, Cause, Error};
use starknet_rust::core::types::{Call, Felt, FunctionCall, U256};
use starknet_rust::providers::Provider;

use super::abis::{PULLS, contract_name};
use super::answer::hex;
use super::chain::Chain;
use super::exit::{Failure, Kind};
use super::value::DECIMALS;

/// The symbols of other tokens that people know. Their addresses are not known here.
const WELL_KNOWN: [&str; 9] =
    ["USDC", "USDT", "DAI", "WBTC", "WETH", "wstETH", "xSTRK", "LORDS", "EKUBO"];

/// The unit that means every token's smallest one.
const RAW: &str = "raw";
/// The name of STRK's smallest unit.
const FRI: &str = "fri";

/// An amount as it is typed: `1.5strk`, or `1000raw` in the token's smallest unit. A number without a unit is
/// refused, since it could mean either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    number: String,
    /// The unit after the number.
    symbol: String,
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_of_number = |it: char| it.is_ascii_digit() || it == '.';
        let (number, symbol) =
            text.split_at(text.find(|it| !is_of_number(it)).unwrap_or(text.len()));
        let symbol = symbol.trim();
        let is_number =
            !number.is_empty() && !number.starts_with('.') && number.split('.').count() <= 2;
        if is_number && symbol.is_empty() {
            return Err(format!(
                "`{text}` names no unit: write {text} and the token's symbol, as in 1.5strk, or {text}{RAW} \
                 if a number of its smallest unit is meant, of which 10^18 are one STRK"
            ));
        }
        if !is_number || !is_symbol(symbol) {
            return Err(format!(
                "`{text}` is no amount: write 1.5strk, in the token's own unit, or 1000{RAW}, in its \
                 smallest unit"
            ));
        }
        Ok(Self { number: number.to_owned(), symbol: symbol.to_owned() })
    }
}

/// The unit of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub token: Felt,
    /// What the token says of its unit, or what is known of it; `None` if the token says nothing that can be
    /// read.
    known: Option<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    symbol: String,
    /// One whole unit is 10 to this power of smallest units.
    decimals: u8,
}

impl Unit {
    /// Returns the unit of STRK.
    #[cfg(test)]
    pub fn strk() -> Self {
        let known = Known { symbol: contract_name(STRK), decimals: DECIMALS };
        Self { token: STRK, known: Some(known) }
    }

    /// Asks `token` for its unit, unless it is STRK or ETH. A symbol that looks like one of these two, or like
    /// that of another well-known token, is not believed.
    pub async fn of(chain: &Chain, token: Felt) -> Result<Self, Failure> {
        if is_known(token) {
            let symbol = contract_name(token);
            return Ok(Self { token, known: Some(Known { symbol, decimals: DECIMALS }) });
        }
        let decimals = ask(chain, token, "decimals").await?;
        let decimals = decimals.as_deref().and_then(decimals_of);
        let symbol = match decimals {
            Some(_) => ask(chain, token, "symbol").await?.as_deref().and_then(symbol_of),
            None => None,
        };
        // A token that calls itself as the smallest unit is called would turn 1000raw into another amount.
        let symbol =
            symbol.filter(|it| ![RAW, FRI].iter().any(|taken| it.eq_ignore_ascii_case(taken)));
        let known = decimals.zip(symbol).map(|(decimals, symbol)| Known { symbol, decimals });
        Ok(Self { token, known })
    }

    /// Reads `amount` in the token's smallest unit.
    ///
    /// # Errors
    /// If the amount is in the unit of another token, has more decimals than the token, or is too large.
    pub fn read(&self, amount: &Amount) -> Result<u128, Failure> {
        let Amount { number, symbol } = amount;
        let smallest = "write a number of its smallest unit, as in 1000raw";
        let refused = |why: String, remedy: &str| {
            Failure::usage(format!("`{number}{symbol}`: {why}: nothing was sent"), remedy)
        };
        let decimals = match &self.known {
            _ if symbol.eq_ignore_ascii_case(RAW) => 0,
            _ if self.token == STRK && symbol.eq_ignore_ascii_case(FRI) => 0,
            Some(known) if known.symbol.eq_ignore_ascii_case(symbol) => known.decimals,
            Some(known) => {
                let why = format!("the token is {}, and not {symbol}", self.name());
                let unit = known.symbol.to_ascii_lowercase();
                return Err(refused(why, &format!("write it as 1.5{unit}, or name another token")));
            }
            None => {
                let why = format!("the token {} does not say what one of it is", self.name());
                return Err(refused(why, smallest));
            }
        };
        units::read(number, decimals).ok_or_else(|| {
            let why = format!("{} has {decimals} decimals, and less than 2^128 units", self.name());
            refused(why, smallest)
        })
    }

    /// Returns how `number` of the token is typed: `5strk`, or `5raw` if the token does not say what its unit
    /// is.
    pub fn typed(&self, number: u32) -> String {
        let symbol = self.known.as_ref().map_or(RAW, |it| &it.symbol);
        format!("{number}{}", symbol.to_ascii_lowercase())
    }

    /// Shows `amount`: `1.5 STRK`.
    pub fn show(&self, amount: U256) -> String {
        match &self.known {
            Some(Known { symbol, decimals }) => {
                format!("{} {symbol}", units::show(amount, *decimals))
            }
            None => format!("{amount} of the smallest unit"),
        }
    }

    /// Shows `amount` in a table, `then` after it. If only the token itself says what its unit is, a second line
    /// shows the amount in the smallest unit.
    pub fn lines(&self, amount: U256, then: &str) -> Vec<String> {
        let shown = format!("{}{then}", self.show(amount));
        let smallest = self.is_claimed().then(|| format!("{amount} smallest"));
        [Some(shown), smallest].into_iter().flatten().collect()
    }

    /// Shows `amount` where nothing else names the token. Adds the amount in the smallest unit and the token's
    /// address unless it is STRK or ETH, since only the token itself says what its symbol and its unit are.
    pub fn tell(&self, amount: U256) -> String {
        match &self.known {
            Some(_) if self.is_claimed() => {
                format!(
                    "{} ({amount} of the smallest unit of {})",
                    self.show(amount),
                    hex(self.token)
                )
            }
            Some(_) => self.show(amount),
            None => format!("{} of {}", self.show(amount), hex(self.token)),
        }
    }

    /// Says whether only the token itself gives the unit. A node or a token may lie about it.
    pub fn is_claimed(&self) -> bool {
        self.known.is_some() && !is_known(self.token)
    }

    /// Says whether the token is STRK or ETH. No other token may use their symbols here.
    pub fn is_known(&self) -> bool {
        is_known(self.token)
    }

    /// Returns the token's name.
    pub fn name(&self) -> String {
        match &self.known {
            Some(known) if self.is_claimed() => {
                format!("{} ({})", known.symbol, hex(self.token))
            }
            _ => contract_name(self.token),
        }
    }
}

/// Tells what `call` moves and who receives it, by the calldata that is sent: `5 STRK to 0x…`. Leaves the amount
/// out if the contract does not say what one of it is; `None` if the call moves no token, or its calldata is of
/// another form.
pub async fn named_by(chain: &Chain, call: &Call) -> Option<String> {
    let movement = Movement::of(call)?;
    let unit = Unit::of(chain, call.to).await.ok().filter(|it| it.known.is_some());
    Some(movement.told(unit.as_ref()))
}

/// What a call of a token's function asks for, by its calldata.
#[derive(Debug, PartialEq, Eq)]
struct Movement {
    amount: U256,
    /// Who pays; `None` if the account does.
    from: Option<Felt>,
    /// Who receives the amount, or may pull it.
    to: Felt,
    /// Whether `to` may pull it later, and receives nothing now.
    is_pulled: bool,
}

impl Movement {
    fn of(call: &Call) -> Option<Self> {
        let (from, to, low, high) = match call.calldata[..] {
            [to, low, high] if COUNTED_FUNCTIONS.into_iter().any(|it| is(call, it)) => {
                (None, to, low, high)
            }
            [from, to, low, high] if PULLS.into_iter().any(|it| is(call, it)) => {
                (Some(from), to, low, high)
            }
            _ => return None,
        };
        let amount = U256::from_words(low.try_into().ok()?, high.try_into().ok()?);
        let is_pulled = from.is_none() && !is(call, "transfer");
        Some(Self { amount, from, to, is_pulled })
    }

    /// Describes it with whole addresses, since two addresses may begin and end alike.
    fn told(&self, unit: Option<&Unit>) -> String {
        let amount = unit.map(|unit| format!("{} ", unit.tell(self.amount))).unwrap_or_default();
        let from = self.from.map(|from| format!("from {} ", hex(from))).unwrap_or_default();
        let to = hex(self.to);
        match self.is_pulled {
            true => format!("{amount}for {to}, which may pull it at any time"),
            false => format!("{amount}{from}to {to}"),
        }
    }
}

fn is(call: &Call, function: &str) -> bool {
    call.selector == selector(function)
}

/// Says whether the client knows the token. Its address is the same on every network.
fn is_known(token: Felt) -> bool {
    [STRK, ETH].contains(&token)
}

/// Returns what the token answers; `None` if it panics or is no contract.
async fn ask(chain: &Chain, token: Felt, function: &str) -> Result<Option<Vec<Felt>>, Failure> {
    let call = FunctionCall {
        contract_address: token,
        entry_point_selector: selector(function),
        calldata: vec![],
    };
    match chain.node.call(call, NEXT_BLOCK).await.map_err(Error::from) {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Refused(refusal)) if refusal.cause() == Cause::NoContract => Err(Failure::new(
            Kind::Chain,
            format!(
                "there is no contract at {} on {}, so no token: nothing was sent",
                hex(token),
                chain.network
            ),
        )
        .remedy("check the token's address and the network")),
        Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn decimals_of(answer: &[Felt]) -> Option<u8> {
    let [decimals] = answer else { return None };
    (*decimals).try_into().ok()
}

/// Returns the symbol, which is a short string, or a byte array of up to 30 characters, which has no whole
/// words.
fn symbol_of(answer: &[Felt]) -> Option<String> {
    let word = match answer {
        [word] => word,
        [words, word, _] if *words == Felt::ZERO => word,
        _ => return None,
    };
    let bytes = word.to_bytes_be();
    let text: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    let is_whole = answer.last() == Some(&text.len().into()) || answer.len() == 1;
    let symbol = String::from_utf8(text).ok().filter(|symbol| is_whole && is_symbol(symbol))?;
    is_its_own(&symbol).then_some(symbol)
}

/// Says whether a token that is neither STRK nor ETH may call itself `symbol`. A symbol that only looks like a
/// well-known one is refused.
fn is_its_own(symbol: &str) -> bool {
    let looks = looks_of(symbol);
    let known = |it: &&&str| looks_of(it) == looks;
    !["STRK", "ETH"].iter().any(|it| known(&it))
        && WELL_KNOWN.iter().find(known).is_none_or(|it| *it == symbol)
}

/// Returns what a hasty reader sees of `symbol`: no punctuation, no case, and one letter for those that look
/// alike.
fn looks_of(symbol: &str) -> String {
    let letters = symbol.chars().filter(char::is_ascii_alphanumeric);
    let seen = |it: char| match it.to_ascii_lowercase() {
        '0' => 'o',
        '1' | 'l' => 'i',
        '5' => 's',
        other => other,
    };
    letters.map(seen).collect()
}

/// Says whether `text` can be a unit after a number, without being mistaken for something else.
fn is_symbol(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|it| it.is_ascii_alphanumeric() || ".-_".contains(it))
}

#[cfg(test)]
mod tests {
    use session_client::felt::short_string;

    use super::*;

    fn unit(token: Felt, symbol: &str, decimals: u8) -> Unit {
        Unit { token, known: Some(Known { symbol: symbol.to_owned(), decimals }) }
    }

    fn read(unit: &Unit, text: &str) -> Option<u128> {
        unit.read(&text.parse().expect("an amount")).ok()
    }

    #[test]
    fn an_amount_is_read_in_the_unit_of_its_own_token_alone() {
        let (strk, usdc) = (unit(STRK, "STRK", 18), unit(Felt::ONE, "USDC", 6));
        assert_eq!(read(&strk, "1.5STRK"), Some(1_500_000_000_000_000_000));
        assert_eq!(read(&usdc, "1.5 usdc"), Some(1_500_000));
        assert_eq!((read(&usdc, "250raw"), read(&strk, "250 RAW")), (Some(250), Some(250)));
        assert_eq!((read(&strk, "250fri"), read(&usdc, "250fri")), (Some(250), None));
        assert_eq!((strk.typed(5), usdc.typed(5)), ("5strk".to_owned(), "5usdc".to_owned()));
        assert_eq!((read(&usdc, "1strk"), read(&strk, "1eth")), (None, None));
        assert_eq!((read(&usdc, "0.0000001usdc"), read(&usdc, "1usd")), (None, None));
        let unknown = Unit { token: Felt::ONE, known: None };
        assert_eq!((read(&unknown, "7raw"), read(&unknown, "7usdc")), (Some(7), None));
        assert_eq!(unknown.typed(5), "5raw");
    }

    #[test]
    fn a_number_without_a_unit_is_refused_and_both_units_are_named() {
        for number in ["1", "0.2", "1000000000000000000"] {
            let why = number.parse::<Amount>().expect_err("no unit");
            assert!(why.contains("1.5strk") && why.contains(&format!("{number}raw")), "{why}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let long = "9".repeat(40);
        for wrong in [
            "",
            "strk",
            "1.5raw",
            ".5strk",
            "1.2.3strk",
            "-1",
            "1e3",
            "1,5",
            "1 $",
            "1/2",
            "+1",
            &(long + "raw"),
        ] {
            // `1e3` would be a number and a symbol, but no token's symbol looks so.
            let is_refused =
                wrong.parse::<Amount>().is_err() || read(&unit(STRK, "STRK", 18), wrong).is_none();
            assert!(is_refused, "{wrong}");
        }
    }

    #[test]
    fn amounts_are_shown_in_the_tokens_unit_and_name_a_token_that_names_itself() {
        let most = U256::from_words(u128::MAX, u128::MAX);
        let (strk, usdc) = (unit(STRK, "STRK", 18), unit(Felt::ONE, "USDC", 6));
        assert_eq!(strk.tell(U256::from(10_u128.pow(17))), "0.1 STRK");
        assert_eq!(usdc.show(U256::from(1_500_000_u32)), "1.5 USDC");
        let told = format!(".639935 USDC ({most} of the smallest unit of {:#066x})", Felt::ONE);
        assert!(usdc.tell(most).ends_with(&told), "{}", usdc.tell(most));
        let unknown = Unit { token: Felt::ONE, known: None };
        assert!(unknown.tell(U256::from(7_u8)).starts_with("7 of the smallest unit of 0x0000"));
    }

    #[test]
    fn a_call_of_a_token_says_who_receives_what_with_every_digit() {
        let to = Felt::from_hex_unchecked(
            "0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7",
        );
        let from = Felt::from(0xbeef);
        let five = Felt::from(5 * 10_u128.pow(18));
        let told = |function: &str, calldata: &[Felt]| {
            let call = Call { to: STRK, selector: selector(function), calldata: calldata.to_vec() };
            Movement::of(&call).map(|it| it.told(Some(&Unit::strk())))
        };
        let whole = "0x049d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7";
        let sent = [to, five, Felt::ZERO];
        assert_eq!(told("transfer", &sent), Some(format!("5 STRK to {whole}")));
        let pulled = Some(format!("5 STRK for {whole}, which may pull it at any time"));
        for allows in ["approve", "increase_allowance", "increaseAllowance"] {
            assert_eq!(told(allows, &sent), pulled, "{allows}");
        }
        for pulls in ["transfer_from", "transferFrom"] {
            let (from_to, payer) = ([from, to, five, Felt::ZERO], hex(from));
            let words = format!("5 STRK from {payer} to {whole}");
            assert_eq!(told(pulls, &from_to), Some(words), "{pulls}");
        }
        // Whatever is in other places names nobody.
        for wrong in [&[to, five][..], &[from, to, five, Felt::ZERO], &[to, Felt::MAX, Felt::ZERO]]
        {
            assert_eq!(told("transfer", wrong), None, "{wrong:?}");
        }
        assert_eq!(told("poke", &sent), None);
        let call = Call { to: Felt::ONE, selector: selector("transfer"), calldata: sent.into() };
        let unknown = Movement::of(&call).map(|it| it.told(None));
        assert_eq!(unknown, Some(format!("to {whole}")));
    }

    #[test]
    fn a_symbol_is_a_short_string_or_a_byte_array_and_nobody_elses() {
        let word = short_string("USDC");
        let of = |felts: &[Felt]| symbol_of(felts);
        assert_eq!(of(&[word]).as_deref(), Some("USDC"));
        assert_eq!(of(&[Felt::ZERO, word, 4.into()]).as_deref(), Some("USDC"));
        for wrong in [
            vec![],
            vec![Felt::ZERO],
            vec![Felt::MAX],
            vec![Felt::ZERO, word, 5.into()],
            vec![Felt::ONE, word, 4.into()],
            vec![Felt::MAX, word, 4.into()],
            vec![Felt::ONE, word, word, 4.into()],
            vec![short_string("STRK")],
            vec![short_string("eth")],
            vec![short_string("STRK.")],
            vec![short_string("STRK-")],
            vec![short_string("S.TRK")],
            vec![short_string("ETH_")],
            vec![short_string("USDC.")],
            vec![short_string("usdc")],
            vec![short_string("U-SDC")],
            vec![short_string("DAl")],
            vec![short_string("1INCH")],
            vec![short_string("US DC")],
            vec![short_string("USDC\x1b[2J")],
        ] {
            assert_eq!(of(&wrong), None, "{wrong:?}");
        }
        // Other tokens' own names.
        for name in ["USDC.e", "wstETH", "xSTRK", "LORDS", "DAI", "DAIv0"] {
            assert_eq!(of(&[short_string(name)]).as_deref(), Some(name));
        }
        assert_eq!((decimals_of(&[6.into()]), decimals_of(&[256.into()])), (Some(6), None));
        assert_eq!((decimals_of(&[]), decimals_of(&[6.into(), 0.into()])), (None, None));
    }
}
