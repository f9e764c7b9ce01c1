//! Computes the storage slots of session keys, and reads and writes their contents as the account's
//! documents describe them. Tests use it to write what another class could have left.

use session_client::felt::selector;
use session_client::{AllowedCall, SessionKey};
use starknet_rust::core::types::{Felt, U256};
use starknet_rust::core::utils::get_storage_var_address;
use starknet_rust_crypto::poseidon_permute_comp;

use crate::chain::{Chain, END};

/// Returns the slot of the account's epoch.
pub fn epoch() -> Felt {
    get_storage_var_address("Sessions_v2_epoch", &[]).expect("it is ASCII")
}

/// Returns the slot of the record of `key`.
pub fn record_of(key: Felt) -> Felt {
    hashes_of(key)[0]
}

/// Returns the slot of the number of tokens for which `key` has policies.
pub fn token_count_of(key: Felt) -> Felt {
    hades([key, key, selector("Sessions_v2_token_count")])[0]
}

/// Returns the slot of the token number `index` for which `key` has a policy.
pub fn token_of(key: Felt, index: u64) -> Felt {
    hades([key, index.into(), selector("Sessions_v2_tokens")])[0]
}

fn hashes_of(key: Felt) -> [Felt; 3] {
    hades([key, key, selector("Sessions_v2_records")])
}

fn hades(mut state: [Felt; 3]) -> [Felt; 3] {
    poseidon_permute_comp(&mut state);
    state
}

/// The list of one registration of a key.
#[derive(Clone, Copy)]
pub struct List(Felt);

impl List {
    /// Identifies the list of the registration of `key` with this generation.
    pub fn of(key: Felt, generation: u32) -> Self {
        Self(hashes_of(key)[1] + Felt::from(generation))
    }

    /// Returns the slot of an entry for the call; `to` is 0 in a list for any contract.
    pub fn call(self, to: Felt, selector: Felt) -> Felt {
        hades([to, selector, self.0])[0]
    }

    /// Returns the slot of a pinned value of the call.
    pub fn value(self, to: Felt, selector: Felt, value: Felt) -> Felt {
        let [_, first, second] = hades([to, selector, self.0]);
        hades([first, value, second])[0]
    }

    /// Returns the slots of all entries of `calls`, in no order.
    pub fn cells(self, calls: &[AllowedCall]) -> Vec<Felt> {
        let mut cells = vec![];
        for AllowedCall { to, selector, argument } in calls {
            cells.push(self.call(*to, *selector));
            cells.extend(argument.map(|it| self.value(*to, *selector, it.value)));
        }
        cells.sort();
        cells.dedup();
        cells
    }
}

/// The fields of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    pub valid_until: u64,
    pub generation: u32,
    pub max_calls: u32,
    pub left: u32,
    pub epoch: u32,
    pub entries: u16,
    /// The kind of list: 0 for any call, 1 for selectors, 2 for calls.
    pub kind: u8,
    /// The fee limit plus 1; 0 if there is none.
    pub fee_limit: u128,
}

impl Record {
    /// The record of a session of 9 calls until [`END`], registered once in epoch 0, for any call.
    pub const ANY_CALL: Self = Self {
        valid_until: END,
        generation: 1,
        max_calls: 9,
        left: 9,
        epoch: 0,
        entries: 0,
        kind: 0,
        fee_limit: 0,
    };

    /// Packs the fields as the account stores them.
    pub fn pack(self) -> Felt {
        let low = u128::from(self.valid_until)
            + (u128::from(self.kind) << 40)
            + (u128::from(self.entries) << 42)
            + (u128::from(self.max_calls) << 64)
            + (u128::from(self.left) << 96);
        let high =
            u128::from(self.epoch) + (u128::from(self.generation) << 32) + (self.fee_limit << 58);
        Felt::from(low) + Felt::from(high) * Felt::TWO.pow(128_u128)
    }

    /// Reads the fields from what the account stores.
    pub fn unpack(felt: Felt) -> Self {
        let halves = U256::from(felt);
        let (low, high) = (halves.low(), halves.high());
        let field = |half: u128, offset: u32, width: u32| (half >> offset) & ((1 << width) - 1);
        Self {
            valid_until: field(low, 0, 40) as u64,
            kind: field(low, 40, 2) as u8,
            entries: field(low, 42, 16) as u16,
            max_calls: field(low, 64, 32) as u32,
            left: field(low, 96, 32) as u32,
            epoch: field(high, 0, 32) as u32,
            generation: field(high, 32, 24) as u32,
            fee_limit: field(high, 58, 65),
        }
    }
}

impl Chain {
    /// Reads the record of `key`.
    pub async fn record(&self, key: &SessionKey) -> Record {
        Record::unpack(self.stored(record_of(key.public_key())).await)
    }

    /// Writes the record of `key`, as another class could have.
    pub async fn plant_record(&self, key: &SessionKey, record: Record) {
        self.plant(record_of(key.public_key()), record.pack()).await;
    }
}
