/// # Session Component (SNIP-163)
///
/// Registers session keys, ends them, and judges what they sign. Every registration takes a number
/// from a counter that never goes back; its whitelist is kept under that number, and a floor under
/// which all numbers are dead ends every session at once.
#[starknet::component]
pub mod SessionComponent {
    use starknet::account::Call;
    use starknet::storage::{
        Map, StorageAsPointer, StorageMapReadAccess, StorageMapWriteAccess, StoragePathEntry,
        StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use starknet::{ContractAddress, get_block_timestamp};
    use crate::errors::session as errors;
    use crate::signature::{SessionSignature, is_signed};
    use crate::transaction::assert_self;
    use super::super::interface::{
        ISessionKeyManager, ISessions, SessionData, SessionHost, SessionStatus,
    };
    use super::super::record::{Record, RecordTrait, Registry};
    use super::super::{rules, whitelist};

    #[storage]
    pub struct Storage {
        pub Sessions_v1_records: Map<felt252, Record>,
        pub Sessions_v1_registry: Registry,
        pub Sessions_v1_whitelist: Map<felt252, felt252>,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {
        SessionKeyAdded: SessionKeyAdded,
        SessionKeyRevoked: SessionKeyRevoked,
        AllSessionsRevoked: AllSessionsRevoked,
    }

    #[derive(Drop, starknet::Event)]
    pub struct SessionKeyAdded {
        #[key]
        pub session_key: felt252,
        pub valid_until: u64,
        pub max_calls: u32,
    }

    #[derive(Drop, starknet::Event)]
    pub struct SessionKeyRevoked {
        #[key]
        pub session_key: felt252,
    }

    #[derive(Drop, starknet::Event)]
    pub struct AllSessionsRevoked {}

    #[embeddable_as(SessionKeyManagerImpl)]
    impl SessionKeyManager<
        TContractState,
        +HasComponent<TContractState>,
        +SessionHost<TContractState>,
        +Drop<TContractState>,
    > of ISessionKeyManager<ComponentState<TContractState>> {
        /// Registers `session_key`, or replaces its session whole and counts from 0 again. Prefer
        /// `add_session`: registering a key anew revives what it signed for outside execution and
        /// nobody has submitted yet.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - The key is not 0 (`Session: zero key`), is the x of a point (`Session: invalid key`)
        ///   and is not the owner's (`Session: key is the owner`).
        /// - `valid_until` is later than now, else `Session: end not in the future`.
        /// - `max_calls` is not 0, else `Session: zero max_calls`.
        /// - No selector is 0 (`Session: zero selector`), stands twice (`Session: duplicate
        ///   selector`) or is one that no session may call (`Session: blocked selector`), and there
        ///   are at most 65,535 (`Session: too many selectors`).
        ///
        /// Emits `SessionKeyAdded`.
        fn add_or_update_session_key(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            valid_until: u64,
            max_calls: u32,
            allowed_entrypoints: Array<felt252>,
        ) {
            assert_self();
            self.register(session_key, valid_until, max_calls, allowed_entrypoints.span());
        }

        /// Ends the session of `session_key`. The same as `revoke_session`.
        fn revoke_session_key(ref self: ComponentState<TContractState>, session_key: felt252) {
            assert_self();
            self.revoke(session_key);
        }

        /// The session of `session_key`, all zero when there is none. Anyone may call it.
        fn get_session_data(
            self: @ComponentState<TContractState>, session_key: felt252,
        ) -> SessionData {
            let record = self.read(session_key);
            SessionData {
                valid_until: record.valid_until,
                max_calls: record.max_calls,
                calls_used: record.calls_used,
                allowed_entrypoints_len: record.allowed.into(),
            }
        }
    }

    #[embeddable_as(SessionsImpl)]
    impl Sessions<
        TContractState,
        +HasComponent<TContractState>,
        +SessionHost<TContractState>,
        +Drop<TContractState>,
    > of ISessions<ComponentState<TContractState>> {
        /// Registers `session_key`, which must never have been registered before.
        ///
        /// Requirements:
        ///
        /// - All that `add_or_update_session_key` asks.
        /// - The key is fresh, else `Session: key already used`.
        ///
        /// Emits `SessionKeyAdded`.
        fn add_session(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            valid_until: u64,
            max_calls: u32,
            allowed_entrypoints: Array<felt252>,
        ) {
            assert_self();
            assert(self.Sessions_v1_records.read(session_key).number == 0, errors::KEY_USED);
            self.register(session_key, valid_until, max_calls, allowed_entrypoints.span());
        }

        /// Ends the session of `session_key`.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - There is such a session, else `Session: not found`.
        ///
        /// Emits `SessionKeyRevoked`.
        fn revoke_session(ref self: ComponentState<TContractState>, session_key: felt252) {
            assert_self();
            self.revoke(session_key);
        }

        /// Ends every session, at a cost that does not grow with their number.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        ///
        /// Emits `AllSessionsRevoked`.
        fn revoke_all_sessions(ref self: ComponentState<TContractState>) {
            assert_self();
            self.end_all();
        }

        /// What is left of the session of `session_key`. Anyone may call it.
        fn get_session_status(
            self: @ComponentState<TContractState>, session_key: felt252,
        ) -> SessionStatus {
            let record = self.read(session_key);
            let remaining_calls = record.remaining_calls();
            SessionStatus {
                is_active: remaining_calls != 0 && get_block_timestamp() <= record.valid_until,
                valid_until: record.valid_until,
                remaining_calls,
                allowed_entrypoints: self.list(record),
            }
        }
    }

    #[generate_trait]
    pub impl InternalImpl<
        TContractState,
        +HasComponent<TContractState>,
        +SessionHost<TContractState>,
        +Drop<TContractState>,
    > of InternalTrait<TContractState> {
        /// Judges what a session signed, and counts it once if every rule holds; else says which
        /// one does not, and changes nothing. Never panics.
        ///
        /// The signature comes last, since it costs most.
        fn authorize(
            ref self: ComponentState<TContractState>,
            signature: SessionSignature,
            message_hash: felt252,
            calls: Span<Call>,
            account: ContractAddress,
            now: u64,
        ) -> Result<(), felt252> {
            let SessionSignature { session_key, r, s, valid_until } = signature;
            let slot = self.Sessions_v1_records.entry(session_key).as_ptr();
            let record = slot.read();
            rules::check_session(@record, self.Sessions_v1_registry.read(), valid_until, now)?;
            self.check_calls(@record, calls, account)?;
            if !is_signed(message_hash, session_key, r, s) {
                return Result::Err(errors::INVALID_SIGNATURE);
            }
            slot.write(Record { calls_used: record.calls_used + 1, ..record });
            Result::Ok(())
        }

        /// Ends every session. For whatever changes who commands the account.
        fn end_all(ref self: ComponentState<TContractState>) {
            let Registry { last, .. } = self.Sessions_v1_registry.read();
            self.Sessions_v1_registry.write(Registry { last, floor: last });
            self.emit(AllSessionsRevoked {});
        }

        /// Whether the session of `record` may make all of `calls`.
        fn check_calls(
            self: @ComponentState<TContractState>,
            record: @Record,
            mut calls: Span<Call>,
            account: ContractAddress,
        ) -> Result<(), felt252> {
            if calls.is_empty() {
                return Result::Err(errors::NO_CALLS);
            }
            let any_selector = *record.allowed == 0;
            loop {
                match calls.pop_front() {
                    Option::Some(call) => {
                        let checked = rules::check_call(call, account);
                        if checked.is_err() {
                            break checked;
                        }
                        if !any_selector && !self.is_allowed(*record.number, *call.selector) {
                            break Result::Err(errors::SELECTOR_NOT_ALLOWED);
                        }
                    },
                    Option::None => { break Result::Ok(()); },
                }
            }
        }

        fn register(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            valid_until: u64,
            max_calls: u32,
            allowed_entrypoints: Span<felt252>,
        ) {
            let owner_key = self.get_contract().owner_key();
            rules::ensure(
                rules::check_registration(
                    session_key, owner_key, valid_until, max_calls, get_block_timestamp(),
                ),
            );
            let allowed = allowed_entrypoints.len().try_into().expect(errors::TOO_MANY_SELECTORS);

            let Registry { last, floor } = self.Sessions_v1_registry.read();
            let number = last + 1;
            self.Sessions_v1_registry.write(Registry { last: number, floor });
            self
                .Sessions_v1_records
                .write(
                    session_key, Record { calls_used: 0, max_calls, valid_until, number, allowed },
                );
            self.allow(number, allowed_entrypoints);
            self.emit(SessionKeyAdded { session_key, valid_until, max_calls });
        }

        fn revoke(ref self: ComponentState<TContractState>, session_key: felt252) {
            let record = self.read(session_key);
            assert(record.valid_until != 0, errors::NOT_FOUND);
            self.Sessions_v1_records.write(session_key, ended(record.number));
            self.emit(SessionKeyRevoked { session_key });
        }

        /// The record of a session that there is; else one of zeros.
        fn read(self: @ComponentState<TContractState>, session_key: felt252) -> Record {
            let record = self.Sessions_v1_records.read(session_key);
            if record.exists(self.Sessions_v1_registry.read()) {
                record
            } else {
                ended(0)
            }
        }

        /// Writes the whitelist of registration `number`, last entry first.
        fn allow(
            ref self: ComponentState<TContractState>, number: u32, mut selectors: Span<felt252>,
        ) {
            if selectors.is_empty() {
                return;
            }
            let mut next = whitelist::END;
            let first = loop {
                match selectors.pop_back() {
                    Option::Some(selector) => {
                        let selector = *selector;
                        rules::ensure(rules::check_listing(selector));
                        assert(!self.is_allowed(number, selector), errors::DUPLICATE_SELECTOR);
                        self.Sessions_v1_whitelist.write(whitelist::entry(number, selector), next);
                        next = selector;
                    },
                    Option::None => { break next; },
                }
            };
            self.Sessions_v1_whitelist.write(whitelist::head(number), first);
        }

        fn is_allowed(
            self: @ComponentState<TContractState>, number: u32, selector: felt252,
        ) -> bool {
            self.Sessions_v1_whitelist.read(whitelist::entry(number, selector)) != 0
        }

        fn list(self: @ComponentState<TContractState>, record: Record) -> Array<felt252> {
            let mut selectors = array![];
            if record.allowed != 0 {
                let first = self.Sessions_v1_whitelist.read(whitelist::head(record.number));
                self.list_into(record, first, ref selectors);
            }
            selectors
        }

        fn list_into(
            self: @ComponentState<TContractState>,
            record: Record,
            first: felt252,
            ref selectors: Array<felt252>,
        ) {
            let mut next = first;
            for _ in 0..record.allowed {
                selectors.append(next);
                next = self.Sessions_v1_whitelist.read(whitelist::entry(record.number, next));
            }
        }
    }

    /// What stays of a session that has ended: that its key was used.
    fn ended(number: u32) -> Record {
        Record { calls_used: 0, max_calls: 0, valid_until: 0, number, allowed: 0 }
    }
}
