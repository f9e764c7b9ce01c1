/// # Session Component (SNIP-163)
///
/// Registers session keys, ends their sessions, and checks what they sign.
///
/// A key's record says in which epoch of the account the key was registered: all sessions end
/// together when 1 is added to the account's epoch. It also says how often the key was registered
/// (its generation), and a list's place in storage follows from that: a registration never reads
/// the list of an earlier one.
#[starknet::component]
pub mod SessionComponent {
    use core::poseidon::hades_permutation;
    use starknet::account::Call;
    use starknet::storage::{
        Mutable, StoragePointer0Offset, StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use starknet::storage_access::StorageAddress;
    use starknet::{
        ContractAddress, ExecutionInfo, TxInfo, get_block_timestamp, get_contract_address,
    };
    use crate::errors::{ensure, session as errors};
    use crate::signature::{SessionSignature, is_signed};
    use crate::transaction::assert_self;
    use crate::{batch, slot};
    use super::super::interface::{
        AllowedCall, ISessionFeeLimit, ISessionKeyManager, ISessions, SessionData, SessionHost,
        SessionStatus,
    };
    use super::super::list::{List, ListTrait};
    use super::super::record::{
        FEE_LIMIT_BOUND, FIRST_GENERATION, ONE_CALL, Record, RecordPacking, RecordTrait, Terms,
        TermsTrait, kind, unlimited_terms,
    };
    use super::super::rules;

    /// How many entries one event shows (R-21): the chain allows 300 felts of data in an event.
    const SELECTORS_SHOWN: u32 = 200;
    const CALLS_SHOWN: u32 = 50;

    #[storage]
    pub struct Storage {
        /// Counts how often all sessions were ended together. Records and lists have slots of their
        /// own: see `record_of` and `List`.
        pub Sessions_v2_epoch: felt252,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {
        SessionKeyAdded: SessionKeyAdded,
        SessionKeyRevoked: SessionKeyRevoked,
        AllSessionsRevoked: AllSessionsRevoked,
        SessionFeeLimitSet: SessionFeeLimitSet,
        SessionFeeLimitRemoved: SessionFeeLimitRemoved,
        SessionSelectorsAllowed: SessionSelectorsAllowed,
        SessionCallsAllowed: SessionCallsAllowed,
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

    /// Shows a part of a list of selectors on any contract, after the `SessionKeyAdded` to which it
    /// belongs.
    #[derive(Drop, starknet::Event)]
    pub struct SessionSelectorsAllowed {
        #[key]
        pub session_key: felt252,
        /// The index of the first of `selectors` in the list, from 0.
        pub first: u32,
        pub selectors: Span<felt252>,
    }

    /// Shows a part of a list of calls, after the `SessionKeyAdded` to which it belongs.
    #[derive(Drop, starknet::Event)]
    pub struct SessionCallsAllowed {
        #[key]
        pub session_key: felt252,
        /// The index of the first of `calls` in the list, from 0.
        pub first: u32,
        pub calls: Span<AllowedCall>,
    }

    #[embeddable_as(SessionKeyManagerImpl)]
    impl SessionKeyManager<
        TContractState,
        +HasComponent<TContractState>,
        +SessionHost<TContractState>,
        +Drop<TContractState>,
    > of ISessionKeyManager<ComponentState<TContractState>> {
        /// Registers `session_key`, or replaces its session: all limits are the new ones, and no
        /// transaction is counted yet. The key's fee limit and spending policies stay.
        ///
        /// Prefer `add_session`: if a key is registered again, the outside executions that it
        /// signed before and that nobody has submitted become valid again.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - The key is not 0 (`Session: zero key`), is the x of a point (`Session: invalid key`)
        ///   and is not the owner's (`Session: key is the owner`).
        /// - The key's last registration, if any, was not for listed calls (`Session: scoped, use a
        ///   new key`), whether or not its session lives: a client that does not know of lists of
        ///   calls would replace one by a wider list.
        /// - `valid_until` is later than now (`Session: end not in the future`) and below 2^40
        ///   (`Session: end too far`).
        /// - `max_calls` is not 0, else `Session: zero max_calls`.
        /// - No selector is 0 (`Session: zero selector`), is listed twice (`Session: duplicate
        ///   selector`) or is one that no session may call (`Session: blocked selector`), and there
        ///   are at most 65,535 (`Session: too many entries`).
        /// - The key was registered fewer than 2^24 - 1 times (`Session: too many registrations`),
        ///   and all sessions were ended fewer than 2^32 times (`Session: too many epochs`).
        ///
        /// Emits `SessionKeyAdded`, and `SessionSelectorsAllowed` if there is a list.
        fn add_or_update_session_key(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            valid_until: u64,
            max_calls: u32,
            allowed_entrypoints: Array<felt252>,
        ) {
            let info = assert_self();
            let former = slots_of(session_key);
            assert(!former.record.was_for_calls(), errors::WAS_FOR_CALLS); // C-11
            self.add(info, former, valid_until, max_calls, allowed_entrypoints.span());
        }

        /// Ends the session of `session_key`, as `revoke_session` does.
        fn revoke_session_key(ref self: ComponentState<TContractState>, session_key: felt252) {
            assert_self();
            self.revoke(session_key);
        }

        /// Returns the session of `session_key`. All fields are 0 if the key has no living session.
        /// Anyone may call it.
        fn get_session_data(
            self: @ComponentState<TContractState>, session_key: felt252,
        ) -> SessionData {
            let terms = self.read(session_key);
            SessionData {
                valid_until: terms.valid_until().try_into().unwrap(),
                max_calls: terms.max_calls().try_into().unwrap(),
                calls_used: terms.calls_used().try_into().unwrap(),
                allowed_entrypoints_len: terms.entries().try_into().unwrap(),
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
        /// - All that `add_or_update_session_key` requires.
        /// - The key is fresh, else `Session: key already used`.
        ///
        /// Emits `SessionKeyAdded`, and `SessionSelectorsAllowed` if there is a list.
        fn add_session(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            valid_until: u64,
            max_calls: u32,
            allowed_entrypoints: Array<felt252>,
        ) {
            let info = assert_self();
            let former = self.fresh(session_key);
            self.add(info, former, valid_until, max_calls, allowed_entrypoints.span());
        }

        /// Registers `session_key`, which must never have been registered before, for listed calls
        /// only: selectors on contracts, each with or without a pinned argument. If the key has no
        /// fee limit, it gets the limit 0, so that the session works through a relayer only until
        /// another limit is set.
        ///
        /// Requirements:
        ///
        /// - All that `add_session` requires of the key, `valid_until`, `max_calls` and the
        ///   selectors.
        /// - The list is not empty, else `Session: no allowed calls`.
        /// - No call is to 0 (`Session: zero target`) or the account (`Session: call to the
        ///   account`).
        /// - The same selector on the same contract is listed once, or several times with different
        ///   values of the same argument, else `Session: duplicate call`.
        ///
        /// Emits `SessionFeeLimitSet`, if no limit was set for the key, `SessionKeyAdded` and
        /// `SessionCallsAllowed`.
        fn add_session_for_calls(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            valid_until: u64,
            max_calls: u32,
            allowed_calls: Array<AllowedCall>,
        ) {
            let info = assert_self();
            assert(!allowed_calls.is_empty(), errors::NO_ALLOWED_CALLS);
            let mut former = self.fresh(session_key);
            if former.record.fee_limit().is_none() { // F-9
                former.record = former.record.limited(Option::Some(0));
                self.emit(SessionFeeLimitSet { session_key, max_fee: 0 });
            }
            let account = info.contract_address;
            let calls = allowed_calls.span();
            let list = self
                .register(info, former, valid_until, max_calls, kind::CALLS, calls.len());
            list.write_calls(calls, account);
            self.show_calls(session_key, calls);
        }

        /// Ends the session of `session_key`. A session may call it for its own key only, in a
        /// batch of this one call.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - The key was ever registered, else `Session: not found`. Whether its session lives does
        ///   not matter: a session that has ended itself must not make the owner's batch of
        ///   revocations fail.
        ///
        /// Emits `SessionKeyRevoked`, if the session lived.
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

        /// Returns the state of the session of `session_key`, for apps and wallets. All fields are
        /// 0 if the key has no living session. Anyone may call it.
        fn get_session_status(
            self: @ComponentState<TContractState>, session_key: felt252,
        ) -> SessionStatus {
            let terms = self.read(session_key);
            let remaining_calls = terms.calls_left().try_into().unwrap();
            let valid_until = terms.valid_until().try_into().unwrap();
            SessionStatus {
                is_active: remaining_calls != 0 && get_block_timestamp() <= valid_until,
                valid_until,
                remaining_calls,
                allowed_len: terms.entries().try_into().unwrap(),
            }
        }

        /// Says whether a batch of exactly `call` passes the list of the session of `session_key`,
        /// the blocked selectors and the rule on calls to the account. Returns `false` if no
        /// session lives. It does not check the session's end, the calls left, the fee limit and
        /// the spending policies. Anyone may call it, and it never panics (L-6, L-7).
        fn is_call_allowed(
            self: @ComponentState<TContractState>, session_key: felt252, call: Call,
        ) -> bool {
            let KeySlots { record, r1, .. } = slots_of(session_key);
            let account = get_contract_address();
            if record.lives(self.Sessions_v2_epoch.read()) {
                let list = ListTrait::new(r1, record.generation());
                check_only(record.terms.kind(), list, call, session_key, account).is_ok()
            } else {
                false
            }
        }
    }

    #[embeddable_as(SessionFeeLimitImpl)]
    impl SessionFeeLimit<
        TContractState,
        +HasComponent<TContractState>,
        +SessionHost<TContractState>,
        +Drop<TContractState>,
    > of ISessionFeeLimit<ComponentState<TContractState>> {
        /// Sets the fee limit of `session_key`: one plain transaction of its session may commit to
        /// pay at most `max_fee` FRI. Under the limit 0 no plain transaction is valid, and the
        /// session works through a relayer only. The limit belongs to the key: it may be set before
        /// the key is registered, and stays until it is removed.
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
            assert(max_fee < FEE_LIMIT_BOUND, errors::FEE_LIMIT_TOO_LARGE);
            let slot = record_of(session_key);
            slot.write(slot.read().limited(Option::Some(max_fee)));
            self.emit(SessionFeeLimitSet { session_key, max_fee });
        }

        /// Removes the fee limit: plain transactions of `session_key` may then commit to any fee.
        /// Removing a limit that does not exist succeeds, so that a batch [remove limit, revoke]
        /// cannot fail halfway.
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

        /// Returns the fee limit of `session_key` in FRI, if it has one. Anyone may call it.
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
        /// Checks what a session signed by every rule, and counts one transaction if all hold.
        /// Otherwise returns the error of the first rule that does not, and changes nothing. It
        /// never panics.
        ///
        /// `plain` is `Some` for an invoke transaction and `None` for an outside execution.
        /// Inlining it saves a session's transaction 3,100 gas. The functions that it calls are
        /// inlined where that saves gas too, as each of them says.
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
            let batch = SignedBatch { signature, message_hash, calls, account, now };
            // 1. Read the key's record, and the account's epoch.
            let (r0, r1) = hashes_of(signature.session_key);
            let address = slot::raw(r0).ok_or(errors::NOT_FOUND)?;
            let packed = slot::read(address);
            let epoch = self.Sessions_v2_epoch.read();
            if let Option::Some(tx_info) = plain {
                // 2. Refuse paymaster data and account-deployment data.
                rules::check_plain(@tx_info.unbox())?;
                // 3. Check and count by the terms of a record without a fee limit, if this is one.
                // Doing so here, and not once for all records below, saves 1,070 gas.
                if let Option::Some(terms) = unlimited_terms(packed, epoch) {
                    let list = ListTrait::new(r1, FIRST_GENERATION);
                    return check_and_count(address, packed, terms, list, batch);
                }
            }
            // 4. Unpack every other record. Its key must have been registered in this epoch (S-2).
            let record = RecordPacking::unpack(packed);
            let generation = record.generation_in(epoch).ok_or(errors::NOT_FOUND)?;
            // 5. Compare what a plain transaction commits to pay with the fee limit.
            if let Option::Some(tx_info) = plain {
                rules::check_fee(@tx_info.unbox(), record.fee_limit())?;
            }
            // 6. Check and count by the record's terms.
            let list = ListTrait::new(r1, generation);
            check_and_count(address, packed, record.terms, list, batch)
        }

        /// Ends every session. An account that embeds the component calls it when its owner's key
        /// or its class changes. It cannot panic, whatever epoch another class wrote, since felts
        /// are added without a check.
        fn end_all(ref self: ComponentState<TContractState>) {
            self.Sessions_v2_epoch.write(self.Sessions_v2_epoch.read() + 1);
            self.emit(AllSessionsRevoked {});
        }

        /// Says whether `key` was ever registered as a session's.
        fn was_registered(self: @ComponentState<TContractState>, key: felt252) -> bool {
            record_of(key).read().was_registered()
        }

        /// Registers the key of `former` with a list of `selectors`. `former` is what was read from
        /// the key's slots before the registration.
        fn add(
            ref self: ComponentState<TContractState>,
            info: ExecutionInfo,
            former: KeySlots,
            valid_until: u64,
            max_calls: u32,
            selectors: Span<felt252>,
        ) {
            let kind = if selectors.is_empty() {
                kind::ANY_CALL
            } else {
                kind::SELECTORS
            };
            let key = former.key;
            let list = self.register(info, former, valid_until, max_calls, kind, selectors.len());
            list.write_selectors(selectors);
            self.show_selectors(key, selectors);
        }

        /// Registers the key of `former`, which is what was read from the key's slots before the
        /// registration. Returns the key's list, which the caller must write.
        fn register(
            ref self: ComponentState<TContractState>,
            info: ExecutionInfo,
            former: KeySlots,
            valid_until: u64,
            max_calls: u32,
            kind: u128,
            entries: u32,
        ) -> List {
            let session_key = former.key;
            let owner_key = self.get_contract().owner_key();
            let now = info.block_info.unbox().block_timestamp;
            ensure(rules::check_registration(session_key, owner_key, valid_until, max_calls, now));
            let entries = entries.try_into().expect(errors::TOO_MANY_ENTRIES); // R-19
            let epoch: Option<u32> = self.Sessions_v2_epoch.read().try_into();
            let epoch = epoch.expect(errors::TOO_MANY_EPOCHS); // T-7
            let record = former
                .record
                .renewed(valid_until, max_calls, epoch, entries, kind)
                .expect(errors::TOO_MANY_REGISTRATIONS); // T-2
            slot::at(former.r0).write(record); // T-8: only the list writes more.
            self.emit(SessionKeyAdded { session_key, valid_until, max_calls });
            ListTrait::new(former.r1, record.generation())
        }

        /// Ends the session of `session_key`, if it lives.
        fn revoke(ref self: ComponentState<TContractState>, session_key: felt252) {
            let slot = record_of(session_key);
            let record = slot.read();
            assert(record.was_registered(), errors::NOT_FOUND); // R-12
            if record.lives(self.Sessions_v2_epoch.read()) {
                slot.write(record.ended());
                self.emit(SessionKeyRevoked { session_key });
            }
        }

        /// Emits a list of selectors, in as many events as it takes. An empty list has no event, by
        /// which readers know that any call is allowed (R-22).
        fn show_selectors(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            mut selectors: Span<felt252>,
        ) {
            let mut first = 0;
            while let Option::Some(part) = take(ref selectors, SELECTORS_SHOWN) {
                let event = SessionSelectorsAllowed { session_key, first, selectors: part };
                first += part.len();
                self.emit(event);
            }
        }

        /// Emits a list of calls, in as many events as it takes.
        fn show_calls(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            mut calls: Span<AllowedCall>,
        ) {
            let mut first = 0;
            while let Option::Some(part) = take(ref calls, CALLS_SHOWN) {
                self.emit(SessionCallsAllowed { session_key, first, calls: part });
                first += part.len();
            }
        }

        /// Reads the slots of `session_key`, and panics if the key was ever registered.
        fn fresh(self: @ComponentState<TContractState>, session_key: felt252) -> KeySlots {
            let former = slots_of(session_key);
            assert(!former.record.was_registered(), errors::KEY_USED); // R-9
            former
        }

        /// Returns the terms of the session of `session_key` if it lives, else terms as they are
        /// after the end of a session.
        fn read(self: @ComponentState<TContractState>, session_key: felt252) -> Terms {
            let record = record_of(session_key).read();
            if record.lives(self.Sessions_v2_epoch.read()) {
                record.terms
            } else {
                record.ended().terms
            }
        }
    }

    /// A batch with a session's signature that is still to be checked, the hash that must be
    /// signed, and the account and time in which the batch runs.
    #[derive(Copy, Drop)]
    struct SignedBatch {
        signature: SessionSignature,
        message_hash: felt252,
        calls: Span<Call>,
        account: ContractAddress,
        now: u64,
    }

    /// Counts `batch` in the record `packed` at `address` if it is within the session's `terms` and
    /// `list`, and the session signed it (S-1 to S-4, S-6 to S-11, S-22, S-24). Otherwise returns
    /// the error of the first rule that does not hold. Inlining it saves 3,200 gas.
    #[inline(always)]
    fn check_and_count(
        address: StorageAddress, packed: felt252, terms: Terms, list: List, batch: SignedBatch,
    ) -> Result<(), felt252> {
        let SignedBatch { signature, message_hash, calls, account, now } = batch;
        let SessionSignature { session_key, r, s, valid_until } = signature;
        // 1. Compare the terms with the time and the calls.
        rules::check_use(terms, valid_until, now)?;
        check_calls(terms.kind(), list, calls, session_key, account)?;
        // 2. Check the signature last, since it costs most (S-10).
        if !is_signed(message_hash, session_key, r, s) {
            return Result::Err(errors::INVALID_SIGNATURE);
        }
        // 3. Count the batch before anything is called (S-11).
        slot::write(address, packed - ONE_CALL);
        Result::Ok(())
    }

    /// A session key's record, the hash at which it is stored, and the hash from which the ids of
    /// the key's lists follow.
    #[derive(Copy, Drop)]
    struct KeySlots {
        key: felt252,
        r0: felt252,
        r1: felt252,
        record: Record,
    }

    /// Reads the record of `key`, and returns it with both hashes.
    fn slots_of(key: felt252) -> KeySlots {
        let (r0, r1) = hashes_of(key);
        KeySlots { key, r0, r1, record: slot::at(r0).read() }
    }

    /// Returns two hashes of a session key: the record is stored at the first, and a generation
    /// added to the second is the id of a list.
    fn hashes_of(session_key: felt252) -> (felt252, felt252) {
        let (r0, r1, _) = hades_permutation(
            session_key, session_key, selector!("Sessions_v2_records"),
        );
        (r0, r1)
    }

    /// Returns the slot of the record of `session_key`.
    fn record_of(session_key: felt252) -> StoragePointer0Offset<Mutable<Record>> {
        let (r0, _) = hashes_of(session_key);
        slot::at(r0)
    }

    /// Takes the first `most` elements from `span`, or all if it has fewer; `None` if it has none.
    fn take<T>(ref span: Span<T>, most: u32) -> Option<Span<T>> {
        if span.is_empty() {
            return Option::None;
        }
        let length = core::cmp::min(most, span.len());
        let part = span.slice(0, length);
        span = span.slice(length, span.len() - length);
        Option::Some(part)
    }

    /// Returns the error of the first rule that does not hold for the batch `calls`. Inlining it
    /// saves 1,200 gas.
    #[inline(always)]
    fn check_calls(
        kind: u128, list: List, calls: Span<Call>, session_key: felt252, account: ContractAddress,
    ) -> Result<(), felt252> {
        match batch::only(calls) {
            Option::Some(call) => check_only(kind, list, call, session_key, account),
            Option::None => if calls.is_empty() { // S-6
                Result::Err(errors::NO_CALLS)
            } else {
                check_each(kind, list, calls, account)
            },
        }
    }

    /// Returns the error of the first rule that does not hold for a batch of exactly `call`. Only
    /// such a batch may end the session itself (S-22). It must keep all other rules too:
    /// `check_and_count` checks the terms before this and the signature after it (S-23). Inlining
    /// it saves 2,500 gas.
    #[inline(always)]
    fn check_only(
        kind: u128, list: List, call: Call, session_key: felt252, account: ContractAddress,
    ) -> Result<(), felt252> {
        if call.to != account {
            check_call(kind, list, call)
        } else if rules::is_self_ending(call, session_key) && kind::is_known(kind) { // L-8
            Result::Ok(())
        } else {
            Result::Err(errors::SELF_CALL) // S-24
        }
    }

    /// Returns the error of the first rule that does not hold for one of `calls`.
    fn check_each(
        kind: u128, list: List, mut calls: Span<Call>, account: ContractAddress,
    ) -> Result<(), felt252> {
        while let Option::Some(call) = calls.pop_front() {
            if *call.to == account { // S-7
                return Result::Err(errors::SELF_CALL);
            }
            check_call(kind, list, *call)?;
        }
        Result::Ok(())
    }

    /// Returns the error of the first rule that does not hold for `call`, which must be to another
    /// contract than the account. Inlining it saves 3,200 gas.
    #[inline(always)]
    fn check_call(kind: u128, list: List, call: Call) -> Result<(), felt252> {
        if kind == kind::ANY_CALL {
            rules::check_selector(call.selector) // S-8
        } else if list.allows(kind, call) { // S-9
            Result::Ok(())
        } else {
            // A list holds no blocked selector (R-8), so a listed call was not checked for one.
            // Here the check decides which error the call gets.
            rules::check_selector(call.selector)?;
            Result::Err(errors::CALL_NOT_ALLOWED) // L-9
        }
    }
}
