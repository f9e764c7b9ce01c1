//! How parameters lie in calldata, felt by felt.

use std::collections::HashMap;

use serde::Deserialize;

/// More places than these cannot be pinned.
const PLACES: usize = 256;
/// An ABI may name types that hold each other without an end.
const DEPTH: usize = 32;
/// How many types are looked at, those that take no felt included.
const LOOKS: usize = 4_096;

/// A parameter, or a member of a struct.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Field {
    pub name: String,
    /// Its type, as the ABI has it.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The structs, by their names, with their members. Enums are not fixed in length, and unknown.
pub type Types = HashMap<String, Vec<Field>>;

/// A part of a parameter that is made of no other parts.
#[derive(Debug)]
pub struct Leaf {
    pub name: String,
    /// Its type, as the ABI has it.
    pub kind: String,
    pub shape: Shape,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Shape {
    /// One felt.
    Felt,
    /// One felt of the several that make a number.
    PartOf { number: String, kind: String },
    /// As many felts as the calldata says, or as nobody knows.
    Open,
    /// Everything from here on, which is not looked at.
    Rest,
}

impl Leaf {
    /// Says whether what follows has no fixed place.
    pub const fn is_open(&self) -> bool {
        matches!(self.shape, Shape::Open | Shape::Rest)
    }
}

/// Takes parameters apart. The leaves before the first open one are a felt each, so that a leaf's
/// place among them is its place in the calldata.
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

/// There is more than can be looked at.
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

/// Returns the felts that make a number of this type, if they are several.
fn parts_of_number(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "core::integer::u256" | "Uint256" => Some(&["low", "high"]),
        "core::integer::u512" | "core::circuit::u384" => {
            Some(&["limb0", "limb1", "limb2", "limb3"])
        }
        _ => None,
    }
}

/// Says whether the length of a value of this type stands in the calldata. Any enum but `bool` is one
/// of them, but not named here: whatever is not known is not fixed either.
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

/// Returns how many bits a value of this type has at most, if they are fewer than a felt's.
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

/// Takes `[TYPE; LENGTH]` apart.
fn array(kind: &str) -> Option<(&str, usize)> {
    let (inner, length) = kind.strip_prefix('[')?.strip_suffix(']')?.rsplit_once(';')?;
    Some((inner.trim(), length.trim().parse().ok()?))
}

/// Takes `(TYPE, TYPE)` apart. Where Cairo 0 names the members, their types are not known here.
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
