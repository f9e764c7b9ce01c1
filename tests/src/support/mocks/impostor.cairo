//! A class that is no account's. A test tells it how to answer `upgrade`'s two questions, and what
//! to write meanwhile. It runs as the account while it is asked, so both the test's orders and what
//! it writes are in the account's own storage.

/// An answer of felts without their number before them.
#[derive(Copy, Drop)]
pub struct Felts {
    pub felts: Span<felt252>,
}

pub impl FeltsSerde of Serde<Felts> {
    fn serialize(self: @Felts, ref output: Array<felt252>) {
        output.append_span(*self.felts);
    }

    fn deserialize(ref serialized: Span<felt252>) -> Option<Felts> {
        Option::Some(Felts { felts: serialized })
    }
}

#[starknet::contract]
pub mod Impostor {
    use session_account::introspection::interface::ISRC6_ID;
    use starknet::storage::{StoragePointerReadAccess, StoragePointerWriteAccess};
    use super::Felts;

    #[storage]
    struct Storage {
        /// How many felts it answers to each question; `'panic'` makes it panic.
        Impostor_first_length: felt252,
        Impostor_second_length: felt252,
        /// The value of each of those felts.
        Impostor_first_felt: felt252,
        Impostor_second_felt: felt252,
        /// What it writes as the account's owner and epoch whenever it is asked; it writes nothing
        /// for a 0.
        Impostor_thief: felt252,
        Impostor_epoch: felt252,
        /// What it found as the account's owner and epoch when it was last asked the first
        /// question.
        Impostor_seen_owner: felt252,
        Impostor_seen_epoch: felt252,
        Account_public_key: felt252,
        Sessions_v2_epoch: felt252,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        Asked: Asked,
    }

    #[derive(Drop, starknet::Event)]
    struct Asked {}

    #[external(v0)]
    fn supports_interface(ref self: ContractState, interface_id: felt252) -> Felts {
        assert(interface_id == ISRC6_ID, 'Impostor: another question');
        self.Impostor_seen_owner.write(self.Account_public_key.read());
        self.Impostor_seen_epoch.write(self.Sessions_v2_epoch.read());
        self.act();
        repeat(self.Impostor_first_length.read(), self.Impostor_first_felt.read())
    }

    #[external(v0)]
    fn is_valid_signature(
        ref self: ContractState, hash: felt252, signature: Array<felt252>,
    ) -> Felts {
        assert(hash == 0 && signature.is_empty(), 'Impostor: another question');
        self.act();
        repeat(self.Impostor_second_length.read(), self.Impostor_second_felt.read())
    }

    #[generate_trait]
    impl Internal of InternalTrait {
        fn act(ref self: ContractState) {
            self.emit(Asked {});
            let (thief, epoch) = (self.Impostor_thief.read(), self.Impostor_epoch.read());
            if thief != 0 {
                self.Account_public_key.write(thief);
            }
            if epoch != 0 {
                self.Sessions_v2_epoch.write(epoch);
            }
        }
    }

    fn repeat(length: felt252, felt: felt252) -> Felts {
        assert(length != 'panic', 'Impostor: told to panic');
        let mut felts = array![];
        let mut left = length;
        while left != 0 {
            felts.append(felt);
            left -= 1;
        }
        Felts { felts: felts.span() }
    }
}
