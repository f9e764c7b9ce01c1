//! Computes which felts of the calldata belong to which parameter.

use std::collections::HashMap;

use serde::Deserialize;

/// The number of places that can be pinned.
const PLACES: usize = 256;
/// The deepest nesting of types that is followed: a hostile ABI may nest types in a cycle.
const DEPTH: usize = 32;
/// The number of types that are visited, including those that take no felt.
const LOOKS: usize = 4_096;

/// A parameter, or a member of a struct.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Field {
    pub name: String,
    /// The type, as the ABI writes it.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The members of the structs, by the structs' names. Enums are not in it, since their length is not fixed.
pub type Types = HashMap<String, Vec<Field>>;

/// A part of a parameter that has no parts of its own.
#[derive(Debug)]
pub struct Leaf {
    pub name: String,
    /// The type, as the ABI writes it.
    pub kind: String,
    pub shape: Shape,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Shape {
    /// The part is one felt.
    Felt,
    /// The part is one of the felts of a number.
    PartOf { number: String, kind: String },
    /// The part's length is not fixed, or its type is unknown.
    Open,
    /// The part stands for all remaining parts, which are not visited.
    Rest,
}

impl Leaf {
    /// Says whether the parts after this one have no fixed place.
    pub const fn is_open(&self) -> bool {
        matches!(self.shape, Shape::Open | Shape::Rest)
    }
}

/// Splits parameters into their parts. Each part before the first open one is one felt, so its index is its
/// place in the calldata.
pub fn leaves(inputs: &[Field], types: &Types) -> Vec<Leaf> {
    let mut walk = Walk { types, leaves: Vec::new(), looks: 0 };
    for field in inputs {
        if walk.part(field.name.clone(), &field.kind, 0).is_err() {
            let (name, kind) = (field.name.clone(), field.kind.clone());
            walk.leaves.push(Leaf { name, kind, shape: Shape::Rest });
            break;
        }
    }
    walk.leaves
}

/// The error that there are too many types to visit.
struct TooMuch;

struct Walk<'a> {
    types: &'a Types,
    leaves: Vec<Leaf>,
    looks: usize,
}

impl Walk<'_> {
    fn part(&mut self, name: String, kind: &str, depth: usize) -> Result<(), TooMuch> {
        self.looks += 1;
        if self.looks > LOOKS || self.leaves.len() > PLACES || depth > DEPTH {
            return Err(TooMuch);
        }
        if let Some(parts) = parts_of_number(kind) {
            for part in parts {
                let shape = Shape::PartOf { number: name.clone(), kind: kind.to_owned() };
                self.leaf(format!("{name}.{part}"), kind, shape);
            }
        } else if is_felt(kind) {
            self.leaf(name, kind, Shape::Felt);
        } else if is_open(kind) {
            self.leaf(name, kind, Shape::Open);
        } else if let Some(inner) = kind.strip_prefix("core::zeroable::NonZero::<") {
            self.part(name, inner.strip_suffix('>').unwrap_or(inner), depth + 1)?;
        } else if let Some((inner, length)) = array(kind) {
            for index in 0..length {
                self.part(format!("{name}.{index}"), inner, depth + 1)?;
            }
        } else if let Some(members) = tuple(kind) {
            for (index, member) in members.into_iter().enumerate() {
                self.part(format!("{name}.{index}"), member, depth + 1)?;
            }
        } else if let Some(members) = self.types.get(kind) {
            for member in members {
                self.part(format!("{name}.{}", member.name), &member.kind, depth + 1)?;
            }
        } else {
            self.leaf(name, kind, Shape::Open);
        }
        Ok(())
    }

    fn leaf(&mut self, name: String, kind: &str, shape: Shape) {
        self.leaves.push(Leaf { name, kind: kind.to_owned(), shape });
    }
}

/// Returns the names of the felts of which a number of type `kind` consists, if they are several.
fn parts_of_number(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "core::integer::u256" | "Uint256" => Some(&["low", "high"]),
        "core::integer::u512" | "core::circuit::u384" => {
            Some(&["limb0", "limb1", "limb2", "limb3"])
        }
        _ => None,
    }
}

/// Says whether the length of a value of type `kind` depends on the calldata. Enums other than `bool` are
/// not in this list: an unknown type counts as not fixed too.
fn is_open(kind: &str) -> bool {
    kind.starts_with("core::array::")
        || kind.starts_with("core::option::Option::<")
        || kind == "core::byte_array::ByteArray"
        || kind.ends_with('*')
}

fn is_felt(kind: &str) -> bool {
    matches!(
        kind,
        "felt"
            | "core::felt252"
            | "core::integer::i8"
            | "core::integer::i16"
            | "core::integer::i32"
            | "core::integer::i64"
            | "core::integer::i128"
    ) || bits(kind).is_some()
}

/// Returns the size of a value of type `kind` in bits, if it is smaller than a felt's.
pub fn bits(kind: &str) -> Option<usize> {
    Some(match kind {
        "core::bool" => 1,
        "core::integer::u8" => 8,
        "core::integer::u16" => 16,
        "core::integer::u32" => 32,
        "core::integer::u64" => 64,
        "core::integer::u128" => 128,
        "core::starknet::eth_address::EthAddress" => 160,
        "core::bytes_31::bytes31" => 248,
        "core::starknet::contract_address::ContractAddress"
        | "core::starknet::class_hash::ClassHash"
        | "core::starknet::storage_access::StorageAddress" => 251,
        _ => return None,
    })
}

/// Splits `[TYPE; LENGTH]` into type and length.
fn array(kind: &str) -> Option<(&str, usize)> {
    let (inner, length) = kind.strip_prefix('[')?.strip_suffix(']')?.rsplit_once(';')?;
    Some((inner.trim(), length.trim().parse().ok()?))
}

/// Splits `(TYPE, TYPE)` into types. The types of Cairo 0's named members are not recognised.
fn tuple(kind: &str) -> Option<Vec<&str>> {
    let inner = kind.strip_prefix('(')?.strip_suffix(')')?;
    let (mut members, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, letter) in inner.char_indices() {
        match letter {
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                members.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    members.push(inner[start..].trim());
    members.retain(|it| !it.is_empty());
    Some(members)
}
