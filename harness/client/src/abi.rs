//! Finds the place of a parameter in a function's calldata, by the ABI of its contract.
//!
//! A pinned argument restricts the felt at one place. It restricts a *parameter* only if everything before
//! it has a fixed length and the parameter is one felt: [`Abi`] finds such places and refuses all others.
//! An ABI is the contract author's claim: nothing guarantees that it fits the code.

mod layout;

use std::collections::HashMap;

use serde::Deserialize;
use starknet_rust::core::types::{ContractClass, Felt};

use crate::felt::selector;
use crate::limits::AllowedArgument;
use layout::{Field, Leaf, Shape, Types, leaves};

/// Why an argument cannot be pinned by an ABI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AbiError {
    /// The class has no ABI, or one that cannot be read.
    #[error("the contract's ABI cannot be read: {0}")]
    Unreadable(String),
    /// The ABI has no function of this selector.
    #[error("the contract's ABI has no function {0:#066x}")]
    NoFunction(Felt),
    /// The ABI lists the function twice, with different parameters.
    #[error("the contract's ABI has two different functions `{0}`")]
    TwoFunctions(String),
    /// The function has no parameter of this name.
    #[error("`{function}` has no parameter `{parameter}`; it has {}", listed(.has))]
    NoParameter {
        /// The function's name.
        function: String,
        /// The name that was asked for.
        parameter: String,
        /// The function's parameters.
        has: Vec<String>,
    },
    /// The place is after the end of the calldata.
    #[error("the calldata of `{function}` has {felts} felts, and none at place {index}")]
    NoPlace {
        /// The function's name.
        function: String,
        /// The place in the calldata, counted in felts from 0.
        index: u8,
        /// The number of felts that the calldata has.
        felts: usize,
    },
    /// The parameter, or something before it, has no fixed length.
    #[error("`{parameter}` has no fixed place: the length of `{part}` ({kind}) is not fixed")]
    NotFixed {
        /// The parameter that was asked for.
        parameter: String,
        /// The part whose length is not fixed, or not known.
        part: String,
        /// The type of that part.
        kind: String,
    },
    /// The place belongs to a number of several felts, which one pinned felt does not restrict.
    #[error(
        "`{parameter}` is a {kind}, a number of several felts: one pinned felt does not bind it"
    )]
    WideNumber {
        /// The parameter's name.
        parameter: String,
        /// The parameter's type.
        kind: String,
    },
    /// The parameter is several felts.
    #[error("`{parameter}` is several felts: name one of {}", listed(.members))]
    SeveralFelts {
        /// The parameter that was asked for.
        parameter: String,
        /// The names of its parts.
        members: Vec<String>,
    },
    /// The place is 256 or more, or the parameters have too many parts.
    #[error("`{0}` lies beyond the 256 places that can be pinned")]
    TooFar(String),
    /// The value is not one of the parameter's type, so the contract would refuse every call with it.
    #[error("{value:#x} is no {kind}, which `{parameter}` is")]
    Value {
        /// The parameter's name.
        parameter: String,
        /// The parameter's type.
        kind: String,
        /// The value.
        value: Felt,
    },
}

/// The number of names that an error lists.
const TOLD: usize = 8;

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { format!("`{}`", names.join("`, `")) }
}

type Result<T> = std::result::Result<T, AbiError>;

/// The functions and types of a contract, as its ABI describes them.
#[derive(Debug, Clone)]
pub struct Abi {
    functions: HashMap<Felt, Function>,
    /// The names of the functions that the ABI lists twice with different parameters.
    twice: HashMap<Felt, String>,
    types: Types,
}

/// A parameter that is one felt at a fixed place of the calldata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The parameter's name; a struct's member is named `parameter.member`.
    pub name: String,
    /// The parameter's type, as the ABI writes it.
    pub kind: String,
    /// The parameter's place in the calldata, counted in felts from 0.
    pub index: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Function {
    name: String,
    inputs: Vec<Field>,
}

/// An item of an ABI. Cairo 0 writes functions and structs in the same form.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Entry {
    Function {
        name: String,
        inputs: Vec<Field>,
    },
    Interface {
        items: Vec<Entry>,
    },
    Struct {
        name: String,
        members: Vec<Field>,
    },
    #[serde(other)]
    Other,
}

impl Abi {
    /// Reads the JSON text of an ABI.
    ///
    /// # Errors
    /// [`AbiError::Unreadable`] if `text` is not an ABI.
    pub fn parse(text: &str) -> Result<Self> {
        let entries: Vec<Entry> =
            serde_json::from_str(text).map_err(|error| AbiError::Unreadable(error.to_string()))?;
        let mut abi =
            Self { functions: HashMap::new(), twice: HashMap::new(), types: HashMap::new() };
        abi.read(entries);
        Ok(abi)
    }

    /// Reads the ABI of a class, as `starknet_getClassAt` gives it.
    ///
    /// # Errors
    /// [`AbiError::Unreadable`] if the class has no ABI.
    pub fn of_class(class: &ContractClass) -> Result<Self> {
        match class {
            ContractClass::Sierra(class) => Self::parse(&class.abi),
            ContractClass::Legacy(class) => {
                let text = serde_json::to_string(&class.abi)
                    .map_err(|error| AbiError::Unreadable(error.to_string()))?;
                Self::parse(&text)
            }
        }
    }

    /// Reads `entries`, and skips those whose names are not valid in Cairo: such names would be shown to
    /// people.
    fn read(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            match entry {
                Entry::Function { name, inputs } if is_name(&name) && are_fields(&inputs) => {
                    self.add(Function { name, inputs });
                }
                Entry::Interface { items } => self.read(items),
                Entry::Struct { name, members } if are_fields(&members) => {
                    self.types.insert(name, members);
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, function: Function) {
        let felt = selector(&function.name);
        match self.functions.get(&felt) {
            Some(known) if *known != function => {
                self.twice.insert(felt, function.name);
            }
            _ => {
                self.functions.insert(felt, function);
            }
        }
    }

    /// Returns the name of the function with the selector `function`, if the ABI has it.
    #[must_use]
    pub fn function_name(&self, function: Felt) -> Option<&str> {
        self.functions.get(&function).map(|it| &*it.name)
    }

    /// Returns the names of all functions, in arbitrary order.
    pub fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.values().map(|it| &*it.name)
    }

    /// Finds the parameter `name` of the function with the selector `function`. A struct's member is named
    /// `parameter.member`, and a member of a tuple or a fixed array `parameter.0`.
    ///
    /// # Errors
    /// An [`AbiError`] that says why the parameter cannot be pinned.
    pub fn parameter(&self, function: Felt, name: &str) -> Result<Parameter> {
        let function = self.function(function)?;
        let leaves = leaves(&function.inputs, &self.types);
        let prefix = format!("{name}.");
        let parts: Vec<&Leaf> =
            leaves.iter().filter(|it| it.name == name || it.name.starts_with(&prefix)).collect();
        match parts[..] {
            [] => match leaves.last() {
                Some(Leaf { shape: Shape::Rest, .. }) => Err(AbiError::TooFar(name.to_owned())),
                _ => Err(AbiError::NoParameter {
                    function: function.name.clone(),
                    parameter: name.to_owned(),
                    has: function.inputs.iter().map(|it| it.name.clone()).collect(),
                }),
            },
            [leaf] => single(&leaves, leaf, name),
            [first, ..] => match &first.shape {
                Shape::PartOf { number, kind } if number == name => {
                    Err(AbiError::WideNumber { parameter: number.clone(), kind: kind.clone() })
                }
                _ => Err(AbiError::SeveralFelts {
                    parameter: name.to_owned(),
                    members: parts.iter().take(TOLD).map(|it| it.name.clone()).collect(),
                }),
            },
        }
    }

    /// Finds the first parameter of the function with the selector `function`.
    ///
    /// # Errors
    /// An [`AbiError`] that says why the parameter cannot be pinned.
    pub fn first_parameter(&self, function: Felt) -> Result<Parameter> {
        let known = self.function(function)?;
        match known.inputs.first() {
            Some(first) => self.parameter(function, &first.name),
            None => Err(AbiError::NoPlace { function: known.name.clone(), index: 0, felts: 0 }),
        }
    }

    /// Finds the parameter at the place `index` of the calldata of the function with the selector
    /// `function`.
    ///
    /// # Errors
    /// An [`AbiError`] that says why the place cannot be pinned.
    pub fn parameter_at(&self, function: Felt, index: u8) -> Result<Parameter> {
        let function = self.function(function)?;
        let leaves = leaves(&function.inputs, &self.types);
        let place = usize::from(index);
        match (leaves.get(place), leaves.iter().take(place).find(|it| it.is_open())) {
            (_, Some(open)) => Err(not_fixed(&format!("place {index}"), open)),
            (Some(leaf), None) => single(&leaves, leaf, &leaf.name),
            (None, None) => Err(AbiError::NoPlace {
                function: function.name.clone(),
                index,
                felts: leaves.len(),
            }),
        }
    }

    fn function(&self, function: Felt) -> Result<&Function> {
        if let Some(name) = self.twice.get(&function) {
            return Err(AbiError::TwoFunctions(name.clone()));
        }
        self.functions.get(&function).ok_or(AbiError::NoFunction(function))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

fn are_fields(fields: &[Field]) -> bool {
    let is_type = |text: &str| text.bytes().all(|it| it == b' ' || it.is_ascii_graphic());
    fields.iter().all(|it| is_name(&it.name) && is_type(&it.kind))
}

/// Returns `leaf` as the parameter `name`, if it and all `leaves` before it are one felt each.
fn single(leaves: &[Leaf], leaf: &Leaf, name: &str) -> Result<Parameter> {
    let place = leaves.iter().position(|it| std::ptr::eq(it, leaf)).unwrap_or(leaves.len());
    if let Some(open) = leaves.iter().take(place + 1).find(|it| it.is_open()) {
        return Err(not_fixed(name, open));
    }
    if let Shape::PartOf { number, kind } = &leaf.shape {
        return Err(AbiError::WideNumber { parameter: number.clone(), kind: kind.clone() });
    }
    let index = u8::try_from(place).map_err(|_| AbiError::TooFar(name.to_owned()))?;
    Ok(Parameter { name: name.to_owned(), kind: leaf.kind.clone(), index })
}

fn not_fixed(name: &str, open: &Leaf) -> AbiError {
    match open.shape {
        Shape::Rest => AbiError::TooFar(name.to_owned()),
        _ => AbiError::NotFixed {
            parameter: name.to_owned(),
            part: open.name.clone(),
            kind: open.kind.clone(),
        },
    }
}

impl Parameter {
    /// Returns the pinned argument that requires `value` for this parameter.
    ///
    /// # Errors
    /// [`AbiError::Value`] if `value` is not a value of the parameter's type.
    pub fn pinned(&self, value: Felt) -> Result<AllowedArgument> {
        if layout::bits(&self.kind).is_some_and(|bits| value.bits() > bits) {
            let (parameter, kind) = (self.name.clone(), self.kind.clone());
            return Err(AbiError::Value { parameter, kind, value });
        }
        Ok(AllowedArgument { index: self.index, value })
    }
}

#[cfg(test)]
mod tests;
