/// # Session Component (SNIP-163)
///
/// Registers session keys, ends them, and judges what they sign. Every registration takes a number
/// from a counter that never goes back; its whitelist is kept under that number, and a floor under
/// which all numbers are dead ends every session at once.
#[starknet::component]
pub mod SessionComponent {
    use starknet::account::Call;
    use starknet::storage::{
        Mutable, StoragePointer0Offset, StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use starknet::{ContractAddress, ExecutionInfo, TxInfo, get_block_timestamp};
    use crate::errors::session as errors;
    use crate::signature::{SessionSignature, is_signed};
    use crate::transaction::assert_self;
    use crate::{batch, slot};
    use super::super::interface::{
        AllowedCall, ISessionFeeLimit, ISessionKeyManager, ISessions, SessionData, SessionHost,
        SessionStatus,
    };
    use super::super::record::{Record, RecordTrait, Registry, RegistryTrait, scope};
    use super::super::{rules, whitelist};

    const TWO_POW_64: u128 = 0x10000000000000000;

    #[storage]
    pub struct Storage {
        pub Sessions_v1_registry: Registry,
        // Records and whitelists have slots of their own: see `record_of` and `whitelist`.
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {
        SessionKeyAdded: SessionKeyAdded,
        SessionKeyRevoked: SessionKeyRevoked,
        AllSessionsRevoked: AllSessionsRevoked,
        SessionFeeLimitSet: SessionFeeLimitSet,
        SessionFeeLimitRemoved: SessionFeeLimitRemoved,
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

    #[derive(Drop, starknet::Event)]
    pub struct SessionFeeLimitSet {
        #[key]
        pub session_key: felt252,
        pub max_fee: u128,
    }

    #[derive(Drop, starknet::Event)]
    pub struct SessionFeeLimitRemoved {
        #[key]
        pub session_key: felt252,
    }

    #[embeddable_as(SessionKeyManagerImpl)]
    impl SessionKeyManager<
        TContractState,
        +HasComponent<TContractState>,
        +SessionHost<TContractState>,
        +Drop<TContractState>,
    > of ISessionKeyManager<ComponentState<TContractState>> {
        /// Registers `session_key`, or replaces its session whole and counts from 0 again; the
        /// key's fee limit and spending policies stay. Prefer
        /// `add_session`: registering a key anew revives what it signed for outside execution and
        /// nobody has submitted yet.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - The key is not 0 (`Session: zero key`), is the x of a point (`Session: invalid key`)
        ///   and is not the owner's (`Session: key is the owner`).
        /// - There is no scoped session of the key (`Session: scoped, revoke first`): a client that
        ///   does not know of scopes would widen it.
        /// - `valid_until` is later than now, else `Session: end not in the future`.
        /// - `max_calls` is not 0, else `Session: zero max_calls`.
        /// - No selector is 0 (`Session: zero selector`), stands twice (`Session: duplicate
        ///   selector`) or is one that no session may call (`Session: blocked selector`), and there
        ///   are at most 65,535 (`Session: too many selectors`).
        /// - The account has made fewer than 4,294,967,295 registrations, else `Session: too many
        ///   sessions`.
        ///
        /// Emits `SessionKeyAdded`.
        fn add_or_update_session_key(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            valid_until: u64,
            max_calls: u32,
            allowed_entrypoints: Array<felt252>,
        ) {
            let info = assert_self();
            let record = record_of(session_key).read();
            assert(
                !record.is_scoped() || !record.exists(self.Sessions_v1_registry.read()),
                errors::SCOPED,
            );
            let allowed = whitelist::all_on_any(allowed_entrypoints.span());
            self.register(info, session_key, record, valid_until, max_calls, allowed, false);
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
                valid_until: record.valid_until().try_into().unwrap(),
                max_calls: record.max_calls().try_into().unwrap(),
                calls_used: record.calls_used().try_into().unwrap(),
                allowed_entrypoints_len: record.allowed().try_into().unwrap(),
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
            let info = assert_self();
            let record = self.fresh(session_key);
            let allowed = whitelist::all_on_any(allowed_entrypoints.span());
            self.register(info, session_key, record, valid_until, max_calls, allowed, false);
        }

        /// Registers `session_key`, which must never have been registered before, for calls of
        /// listed selectors on listed contracts alone. The session pays no fee, and works through a
        /// paymaster only, unless a fee limit was set for its key or is set later.
        ///
        /// Requirements:
        ///
        /// - All that `add_session` asks of the key, `valid_until`, `max_calls` and the selectors.
        /// - The list is not empty, else `Session: no allowed calls`.
        /// - No call is to 0 (`Session: zero target`) or the account (`Session: call to the
        ///   account`), and none stands twice (`Session: duplicate selector`).
        ///
        /// Emits `SessionFeeLimitSet`, if no limit was set for the key, and `SessionKeyAdded`.
        fn add_session_for_calls(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            valid_until: u64,
            max_calls: u32,
            allowed_calls: Array<AllowedCall>,
        ) {
            let info = assert_self();
            assert(!allowed_calls.is_empty(), errors::NO_ALLOWED_CALLS);
            let record = self.fresh(session_key);
            let record = if record.fee_limit().is_some() {
                record
            } else {
                self.emit(SessionFeeLimitSet { session_key, max_fee: 0 });
                record.limited(Option::Some(0))
            };
            self
                .register(
                    info, session_key, record, valid_until, max_calls, allowed_calls.span(), true,
                );
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
            let remaining_calls = record.calls_left().try_into().unwrap();
            let valid_until = record.valid_until().try_into().unwrap();
            let mut allowed_entrypoints = array![];
            selectors_into(self.list(record), ref allowed_entrypoints);
            SessionStatus {
                is_active: remaining_calls != 0 && get_block_timestamp() <= valid_until,
                valid_until,
                remaining_calls,
                allowed_entrypoints,
            }
        }

        /// The calls that the session of `session_key` may make, `to` being 0 for any contract;
        /// none if there is no whitelist. Anyone may call it.
        fn get_session_allowed_calls(
            self: @ComponentState<TContractState>, session_key: felt252,
        ) -> Array<AllowedCall> {
            self.list(self.read(session_key))
        }
    }

    #[embeddable_as(SessionFeeLimitImpl)]
    impl SessionFeeLimit<
        TContractState,
        +HasComponent<TContractState>,
        +SessionHost<TContractState>,
        +Drop<TContractState>,
    > of ISessionFeeLimit<ComponentState<TContractState>> {
        /// Limits what one plain transaction of `session_key` may commit to pay, to `max_fee` FRI;
        /// 0 means that it pays nothing and works through a paymaster only. The limit belongs to
        /// the key: it may come before the session, and stays until it is removed.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - `max_fee` is below 2^64, about 18 STRK, else `Session: fee limit too large`.
        ///
        /// Emits `SessionFeeLimitSet`.
        fn set_session_fee_limit(
            ref self: ComponentState<TContractState>, session_key: felt252, max_fee: u128,
        ) {
            assert_self();
            assert(max_fee < TWO_POW_64, errors::FEE_LIMIT_TOO_LARGE);
            let slot = record_of(session_key);
            slot.write(slot.read().limited(Option::Some(max_fee)));
            self.emit(SessionFeeLimitSet { session_key, max_fee });
        }

        /// Removes the limit, if there is one: plain transactions of `session_key` may then commit
        /// to any fee. Never refused for want of a limit, so that a batch which also revokes the
        /// session is not either.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        ///
        /// Emits `SessionFeeLimitRemoved`.
        fn remove_session_fee_limit(
            ref self: ComponentState<TContractState>, session_key: felt252,
        ) {
            assert_self();
            let slot = record_of(session_key);
            slot.write(slot.read().limited(Option::None));
            self.emit(SessionFeeLimitRemoved { session_key });
        }

        /// The fee limit of `session_key` in FRI, if it has one. Anyone may call it.
        fn get_session_fee_limit(
            self: @ComponentState<TContractState>, session_key: felt252,
        ) -> Option<u128> {
            record_of(session_key).read().fee_limit()
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
        /// `plain` is the transaction, if the account pays for it. The signature comes last, since
        /// it costs most. Inlined, as what it asks is: to call a function costs more than most
        /// rules.
        #[inline(always)]
        fn authorize(
            ref self: ComponentState<TContractState>,
            signature: SessionSignature,
            message_hash: felt252,
            calls: Span<Call>,
            account: ContractAddress,
            now: u64,
            plain: Option<Box<TxInfo>>,
        ) -> Result<(), felt252> {
            let SessionSignature { session_key, r, s, valid_until } = signature;
            let slot = record_of(session_key);
            let record = slot.read();
            let number = record
                .live_number(self.Sessions_v1_registry.read())
                .ok_or(errors::NOT_FOUND)?;
            let kind = record.kind();
            let counted = rules::count(record, valid_until, now)?;
            if let Option::Some(tx_info) = plain {
                rules::check_transaction(record, tx_info)?;
            }
            check_calls(kind, number.into(), calls, account)?;
            if !is_signed(message_hash, session_key, r, s) {
                return Result::Err(errors::INVALID_SIGNATURE);
            }
            slot.write(counted);
            Result::Ok(())
        }

        /// Ends every session. For whatever changes who commands the account.
        fn end_all(ref self: ComponentState<TContractState>) {
            self.Sessions_v1_registry.write(self.Sessions_v1_registry.read().ended());
            self.emit(AllSessionsRevoked {});
        }

        /// Registers `session_key`, whose record was `former`.
        fn register(
            ref self: ComponentState<TContractState>,
            info: ExecutionInfo,
            session_key: felt252,
            former: Record,
            valid_until: u64,
            max_calls: u32,
            allowed_calls: Span<AllowedCall>,
            scoped: bool,
        ) {
            let owner_key = self.get_contract().owner_key();
            let now = info.block_info.unbox().block_timestamp;
            rules::ensure(
                rules::check_registration(session_key, owner_key, valid_until, max_calls, now),
            );
            let allowed = allowed_calls.len().try_into().expect(errors::TOO_MANY_SELECTORS);

            let registry = self.Sessions_v1_registry.read();
            let (number, registry) = registry.next().expect(errors::TOO_MANY_SESSIONS);
            self.Sessions_v1_registry.write(registry);
            let record = former.renewed(valid_until, max_calls, number, allowed, scoped);
            record_of(session_key).write(record);
            allow(number.into(), record.kind(), allowed_calls, info.contract_address);
            self.emit(SessionKeyAdded { session_key, valid_until, max_calls });
        }

        fn revoke(ref self: ComponentState<TContractState>, session_key: felt252) {
            let slot = record_of(session_key);
            let record = slot.read();
            assert(record.exists(self.Sessions_v1_registry.read()), errors::NOT_FOUND);
            slot.write(record.ended());
            self.emit(SessionKeyRevoked { session_key });
        }

        /// The record of a key that was never registered.
        fn fresh(self: @ComponentState<TContractState>, session_key: felt252) -> Record {
            let record = record_of(session_key).read();
            assert(record.number() == 0, errors::KEY_USED);
            record
        }

        /// The record of a session that there is; else what is left of it.
        fn read(self: @ComponentState<TContractState>, session_key: felt252) -> Record {
            let record = record_of(session_key).read();
            if record.exists(self.Sessions_v1_registry.read()) {
                record
            } else {
                record.ended()
            }
        }

        fn list(self: @ComponentState<TContractState>, record: Record) -> Array<AllowedCall> {
            let mut calls = array![];
            self.list_into(record, ref calls);
            calls
        }

        fn list_into(
            self: @ComponentState<TContractState>, record: Record, ref calls: Array<AllowedCall>,
        ) {
            let number = record.number().into();
            let scope = scope(record.kind());
            let mut slot = whitelist::head(number);
            for _ in 0..record.allowed() {
                let call = AllowedCall {
                    to: whitelist::next_contract(slot), selector: whitelist::next_selector(slot),
                };
                calls.append(call);
                slot = whitelist::entry(number, scope, call);
            }
        }
    }

    /// Where the record of `session_key` is kept.
    #[inline(always)]
    fn record_of(session_key: felt252) -> StoragePointer0Offset<Mutable<Record>> {
        slot::pointer(session_key, session_key, selector!("Sessions_v1_records"))
    }

    /// Writes the whitelist of registration `number`, last entry first.
    fn allow(number: felt252, kind: u128, mut calls: Span<AllowedCall>, account: ContractAddress) {
        if calls.is_empty() {
            return;
        }
        let scope = scope(kind);
        let scoped = scope != 0;
        let mut next = whitelist::on_any(whitelist::END);
        let first = loop {
            match calls.pop_back() {
                Option::Some(call) => {
                    let call = *call;
                    rules::ensure(rules::check_listing(call, scoped, account));
                    let entry = whitelist::entry(number, scope, call);
                    assert(whitelist::next_selector(entry) == 0, errors::DUPLICATE_SELECTOR);
                    whitelist::link(entry, next, scoped);
                    next = call;
                },
                Option::None => { break next; },
            }
        };
        whitelist::link(whitelist::head(number), first, scoped);
    }

    /// Whether a session with the whitelist of `kind` and `number` may make all of `calls`.
    #[inline(always)]
    fn check_calls(
        kind: u128, number: felt252, calls: Span<Call>, account: ContractAddress,
    ) -> Result<(), felt252> {
        match batch::only(calls) {
            Option::Some(call) => check_call(kind, number, call, account),
            Option::None => if calls.is_empty() {
                Result::Err(errors::NO_CALLS)
            } else {
                check_each(kind, number, calls, account)
            },
        }
    }

    fn check_each(
        kind: u128, number: felt252, mut calls: Span<Call>, account: ContractAddress,
    ) -> Result<(), felt252> {
        match calls.pop_front() {
            Option::Some(call) => {
                check_call(kind, number, *call, account)?;
                check_each(kind, number, calls, account)
            },
            Option::None => Result::Ok(()),
        }
    }

    #[inline(always)]
    fn check_call(
        kind: u128, number: felt252, call: Call, account: ContractAddress,
    ) -> Result<(), felt252> {
        rules::check_target(call.to, account)?;
        if kind == 0 {
            return rules::check_selector(call.selector);
        }
        let call = AllowedCall { to: call.to, selector: call.selector };
        if whitelist::lists(number, scope(kind), call) {
            return Result::Ok(());
        }
        // A list holds no blocked selector, see `rules::check_listing`: what it does hold need not
        // be compared with them again.
        rules::check_selector(call.selector)?;
        Result::Err(errors::CALL_NOT_ALLOWED)
    }

    fn selectors_into(mut calls: Array<AllowedCall>, ref selectors: Array<felt252>) {
        while let Option::Some(call) = calls.pop_front() {
            selectors.append(call.selector);
        }
    }
}
