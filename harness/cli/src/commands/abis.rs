//! Reads contracts' ABIs, each one once.

use std::collections::HashMap;

use session_client::abi::Abi;
use session_client::felt::selector;
use session_client::token::{ETH, STRK};
use session_client::{Allowed, AllowedArgument, AllowedCall, Error};
use session_client::{COUNTED_FUNCTIONS, NEXT_BLOCK};
use starknet_rust::core::types::{Felt, StarknetError};
use starknet_rust::providers::{Provider, ProviderError};

use super::answer::hex;
use super::chain::Chain;
use super::exit::{Failure, Kind};

/// Functions by which tokens are moved, besides those that a spending policy counts.
pub const PULLS: [&str; 2] = ["transfer_from", "transferFrom"];

/// How many contracts' ABIs are read for messages; more would take long, since classes are large.
const ASKED: usize = 20;

/// The ABIs of the contracts of a chain.
pub struct Abis<'a> {
    chain: &'a Chain,
    known: HashMap<Felt, Option<Abi>>,
}

impl<'a> Abis<'a> {
    pub fn new(chain: &'a Chain) -> Self {
        Self { chain, known: HashMap::new() }
    }

    /// Returns the ABI of `contract`.
    ///
    /// # Errors
    /// If there is no such contract, or its ABI cannot be read.
    pub async fn of(&mut self, contract: Felt) -> Result<&Abi, Failure> {
        let abi = match self.known.remove(&contract).flatten() {
            Some(abi) => abi,
            None => self.fetch(contract).await?,
        };
        Ok(self.known.entry(contract).or_insert(None).insert(abi))
    }

    async fn fetch(&self, contract: Felt) -> Result<Abi, Failure> {
        match self.chain.node.get_class_at(NEXT_BLOCK, contract).await {
            Ok(class) => Abi::of_class(&class).map_err(|error| {
                Failure::new(Kind::Chain, format!("{}: {error}", contract_name(contract))).remedy(
                    "without an ABI no argument can be pinned: list the call without one, or not",
                )
            }),
            Err(ProviderError::StarknetError(StarknetError::ContractNotFound)) => {
                Err(Failure::new(
                    Kind::Chain,
                    format!("there is no contract at {contract:#066x} on {}", self.chain.network),
                )
                .remedy("check the address and the network"))
            }
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// Returns the same ABI, for messages only. A contract whose ABI could not be read is not asked again,
    /// and after many contracts no more are asked.
    pub async fn told(&mut self, contract: Felt) -> Option<&Abi> {
        if !self.known.contains_key(&contract) && self.known.len() < ASKED {
            let abi = self.fetch(contract).await.ok();
            self.known.insert(contract, abi);
        }
        self.known.get(&contract)?.as_ref()
    }

    /// Returns the ABI of `contract` if it can be read and does not have the function.
    pub async fn lacking(&mut self, contract: Felt, function: Felt) -> Option<&Abi> {
        self.told(contract).await.filter(|abi| abi.function_name(function).is_none())
    }

    /// Describes the entries of a list, each in one text.
    pub async fn words(&mut self, allowed: &Allowed) -> Vec<String> {
        match allowed {
            Allowed::Calls(calls) => {
                let mut words = Vec::new();
                for call in calls {
                    words.push(self.words_of(call).await);
                }
                words
            }
            Allowed::Selectors(selectors) => selectors
                .iter()
                .map(|it| format!("{} on any contract but the account", function_name(*it)))
                .collect(),
            Allowed::AnyCall => vec![ANY.to_owned()],
            // A kind of list that this version does not know is shown as the client has it.
            other => vec![format!("{other:?}")],
        }
    }

    /// Describes one entry: `STRK.transfer`; or with the felt 0 of its calldata pinned,
    /// `STRK.transfer(recipient@0 = 0x…)`.
    pub async fn words_of(&mut self, call: &AllowedCall) -> String {
        let Names { function, argument } = self.names_of(call).await;
        let function = function.unwrap_or_else(|| hex(call.selector));
        let words = format!("{}.{function}", contract_name(call.to));
        let Some(AllowedArgument { index, value }) = call.argument else { return words };
        let argument = argument.unwrap_or_else(|| "felt".to_owned());
        format!("{words}({argument}@{index} = {})", hex(value))
    }

    /// Returns the names that the contract's ABI has for what an entry lists.
    pub async fn names_of(&mut self, call: &AllowedCall) -> Names {
        let abi = self.told(call.to).await;
        let function = abi
            .and_then(|abi| abi.function_name(call.selector))
            .map(str::to_owned)
            .or_else(|| known_function(call.selector));
        let argument = abi.zip(call.argument).and_then(|(abi, argument)| {
            abi.parameter_at(call.selector, argument.index).ok().map(|it| it.name)
        });
        Names { function, argument }
    }
}

/// The names of an entry's function and parameter, as far as they are known.
pub struct Names {
    pub function: Option<String>,
    /// The name of the parameter at the pinned place.
    pub argument: Option<String>,
}

/// Describes what a session without a list may call.
pub const ANY: &str = "any call, on any contract but the account";

/// Returns the function's name, or its selector if the name is not known.
pub fn function_name(felt: Felt) -> String {
    known_function(felt).unwrap_or_else(|| hex(felt))
}

/// Returns the function's name if it is known without asking a contract.
pub fn known_function(felt: Felt) -> Option<String> {
    movers().find(|name| selector(name) == felt).map(str::to_owned)
}

/// Says whether the function moves a token. It is known by its name, even if there is no contract to ask.
pub fn is_mover(function: Felt) -> bool {
    movers().any(|name| selector(name) == function)
}

fn movers() -> impl Iterator<Item = &'static str> {
    COUNTED_FUNCTIONS.into_iter().chain(PULLS)
}

/// Returns the contract's name: `STRK`, `ETH`, or its address.
pub fn contract_name(contract: Felt) -> String {
    if contract == STRK {
        "STRK".to_owned()
    } else if contract == ETH {
        "ETH".to_owned()
    } else {
        hex(contract)
    }
}
