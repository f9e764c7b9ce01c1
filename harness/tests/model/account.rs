//! The real account of the model's test: each life has a fresh account, on a devnet that many lives share.

use std::sync::Arc;

use session_client::calldata::of_calls;
use session_client::felt::{selector, short_string};
use session_client::{
    Allowed as Shown, AllowedCall, Caller as Named, Error, Finality, Outcome, OutsideExecution,
    SessionContract, SessionKey, SignedOutsideExecution, deploy, token,
};
use session_e2e::forged::Forged;
use session_e2e::{BLOCKED, Chain, NO_POINT, OPENZEPPELIN, bounded};
use starknet_rust::accounts::Account as _;
use starknet_rust::core::types::{BlockId, BlockTag, Call, Felt};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;
use starknet_rust_crypto::poseidon_hash_many;

use crate::mocks::Mocks;
use crate::operation::{
    Caller, Candidate, Claim, Class, Datum, Deed, Entry, Errand, Function, KEYS, Key, List, Listed,
    Move, OWNERS, Outside, Owner, Party, Place, RECIPIENTS, Route, Signature, Signer, Stranger,
    Token, Venue,
};
use crate::rules::Commitment;
use crate::state::Allowed;

/// The balance of the account at first: 10 STRK, in FRI.
pub const BALANCE: u64 = 10_000_000_000_000_000_000;
/// The balance of ETH in wei, and of coins. It is small, so that transfers exceed it.
pub const LITTLE: u128 = 300;

pub struct Account {
    pub chain: Chain,
    mocks: Mocks,
    ours: Felt,
    token_class: Felt,
    sessions: [Arc<SessionKey>; KEYS],
    owners: [SigningKey; OWNERS],
}

impl Account {
    /// Starts a new chain with the first account.
    pub async fn start() -> Self {
        let chain = Chain::start().await;
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        let mocks = Mocks::deploy(&chain).await;
        let ours = chain.class_hash().await;
        let token_class = chain.node.get_class_hash_at(block, token::STRK).await.expect("a class");
        let key = |number: usize| Felt::from(0x5eed + number);
        let session = |number| SessionKey::from_private_key(key(number)).expect("a key");
        Self {
            chain,
            mocks,
            ours,
            token_class,
            sessions: std::array::from_fn(|number| Arc::new(session(number))),
            owners: std::array::from_fn(|number| SigningKey::from_secret_scalar(key(64 + number))),
        }
    }

    /// Replaces the account by a fresh one of owner 0, at the time `now`.
    pub async fn renew(&mut self, number: u64, now: u64) {
        let public_key = self.owners[0].verifying_key().scalar();
        let relayer = &self.chain.relayer;
        let (address, _) = deploy::deploy(relayer, self.ours, public_key, number.into())
            .await
            .expect("it is deployed");
        self.chain.devnet.mint(address, BALANCE).await.expect("it is funded");
        let eth = token::transfer(token::ETH, address, LITTLE);
        let coins = self.mocks.mint(address, LITTLE);
        session_e2e::assert_succeeds(session_e2e::send(relayer, vec![eth, coins]).await);
        self.chain.contract = SessionContract::new(address, self.chain.node.clone());
        self.chain.set_time(now).await;
    }

    pub fn key(&self, key: Key) -> Felt {
        self.sessions.get(key).map_or_else(|| self.owner(key - KEYS), |it| it.public_key())
    }

    pub fn owner(&self, owner: Owner) -> Felt {
        self.owners[owner].verifying_key().scalar()
    }

    pub fn party(&self, party: Party) -> Felt {
        match party.checked_sub(RECIPIENTS) {
            // Each account has recipients of its own.
            None => self.chain.account() + Felt::from(1 + party),
            Some(venue) => self.mocks.venue(Venue::ALL[venue]),
        }
    }

    pub fn token(&self, token: Token) -> Felt {
        self.mocks.token(token)
    }

    /// Sends a plain transaction.
    pub async fn plain(
        &self,
        signature: Signature,
        calls: &[Deed],
        nonce: u64,
        tip: u64,
        commitment: &Commitment,
    ) -> Result<Outcome, Error> {
        let calls = self.calls(calls, commitment);
        let (sessions, owners) = (self.sessions.clone(), self.owners.clone());
        let sign =
            move |hash| Signing { sessions: &sessions, owners: &owners }.sign(signature, hash);
        let account = Forged::new(&self.chain, sign);
        let execution = bounded(account.execute_v3(calls)).nonce(nonce.into()).tip(tip);
        let sent = execution.send().await?;
        self.chain.node.wait(sent.transaction_hash, Finality::AcceptedOnL2).await
    }

    pub fn sign(&self, outside: &Outside, commitment: &Commitment) -> SignedOutsideExecution {
        let execution = OutsideExecution {
            caller: match outside.caller {
                Caller::Any => Named::Any,
                Caller::Zero => Named::Only(Felt::ZERO),
                Caller::Only(stranger) => Named::Only(self.address_of(stranger)),
            },
            nonce: outside.nonce.into(),
            execute_after: outside.execute_after.seconds(0),
            execute_before: outside.execute_before.seconds(0),
            calls: self.calls(&outside.calls, commitment),
        };
        let account = self.chain.account();
        let hash = execution.message_hash(account, self.chain.chain_id);
        let signing = Signing { sessions: &self.sessions, owners: &self.owners };
        execution.with_signature(account, signing.sign(outside.signature, hash))
    }

    pub async fn submit(
        &self,
        signed: &SignedOutsideExecution,
        submitter: Stranger,
    ) -> Result<Outcome, Error> {
        session_e2e::send(self.stranger(submitter), vec![signed.call()]).await
    }

    pub async fn intrude(&self, deed: &Deed, commitment: &Commitment) -> Result<Outcome, Error> {
        let calls = self.calls(std::slice::from_ref(deed), commitment);
        session_e2e::send(&self.chain.stranger, calls).await
    }

    /// Returns the address of the account or contract that submits for `stranger`.
    pub fn address_of(&self, stranger: Stranger) -> Felt {
        match stranger {
            Stranger::Caller => self.mocks.venue(Venue::Caller),
            stranger => self.stranger(stranger).address(),
        }
    }

    fn stranger(&self, stranger: Stranger) -> &session_client::Owner {
        match stranger {
            Stranger::Relayer => &self.chain.relayer,
            Stranger::Other => &self.chain.stranger,
            Stranger::Caller => panic!("it submits what the account has it submit"),
        }
    }

    pub fn calls(&self, deeds: &[Deed], commitment: &Commitment) -> Vec<Call> {
        deeds.iter().map(|deed| self.call(deed, commitment)).collect()
    }

    pub fn call(&self, deed: &Deed, commitment: &Commitment) -> Call {
        let of_itself =
            |name, calldata| Call { to: self.chain.account(), selector: selector(name), calldata };
        match deed {
            Deed::Token { token, function, .. } | Deed::Malformed(token, function) => Call {
                to: self.token(*token),
                selector: function_selector(*function),
                calldata: self.data(deed.calldata()),
            },
            Deed::Route(it) => self.move_by(it),
            Deed::Make(errands) => {
                let calls = errands.iter().map(|errand| match errand {
                    Errand::Move(it) => self.move_by(it),
                    Errand::Submit(outside) => self.sign(outside, commitment).call(),
                });
                Call {
                    to: self.mocks.venue(Venue::Caller),
                    selector: function_selector(Function::Make),
                    calldata: of_calls(&calls.collect::<Vec<_>>()),
                }
            }
            Deed::Permitted { .. } | Deed::Ending => panic!("it is settled"),
            Deed::Blocked(blocked, token) => Call {
                to: self.token(*token),
                selector: selector(BLOCKED[*blocked]),
                calldata: vec![],
            },
            Deed::Look => of_itself("get_public_key", vec![]),
            Deed::Register { key, valid_until, max_calls, list } => {
                let key = match key {
                    Candidate::Key(key) => self.key(*key),
                    Candidate::Zero => Felt::ZERO,
                    Candidate::NoPoint => NO_POINT,
                    Candidate::TheOwner | Candidate::Fresh | Candidate::OfAnOwner(_) => {
                        panic!("it is settled")
                    }
                };
                let mut felts = vec![key, valid_until.seconds(0).into(), (*max_calls).into()];
                let (name, listed) = match list {
                    List::Add(listed) => ("add_session", selectors(listed)),
                    List::Update(listed) => ("add_or_update_session_key", selectors(listed)),
                    List::Scoped(calls) => ("add_session_for_calls", self.entries(calls)),
                };
                let length = match list {
                    List::Add(listed) | List::Update(listed) => listed.len(),
                    List::Scoped(calls) => calls.len(),
                };
                felts.push(length.into());
                felts.extend(listed);
                of_itself(name, felts)
            }
            Deed::Revoke(key, ours) => {
                let name = if *ours { "revoke_session" } else { "revoke_session_key" };
                of_itself(name, vec![self.key(*key)])
            }
            Deed::RevokeMore(key) => of_itself("revoke_session", vec![self.key(*key), Felt::ZERO]),
            Deed::RevokeAll => of_itself("revoke_all_sessions", vec![]),
            Deed::SetFeeLimit(key, fee) => {
                let limit = fee.limit(commitment).map_or(1_u128 << 64, u128::from);
                of_itself("set_session_fee_limit", vec![self.key(*key), limit.into()])
            }
            Deed::RemoveFeeLimit(key) => {
                of_itself("remove_session_fee_limit", vec![self.key(*key)])
            }
            Deed::SetPolicy { key, token, per_call, per_window, window } => of_itself(
                "set_spending_policy",
                vec![
                    self.key(*key),
                    token.map_or(Felt::ZERO, |it| self.token(it)),
                    (*per_call).into(),
                    Felt::ZERO,
                    (*per_window).into(),
                    Felt::ZERO,
                    (*window).into(),
                ],
            ),
            Deed::RemovePolicy(key, token) => {
                of_itself("remove_spending_policy", vec![self.key(*key), self.token(*token)])
            }
            Deed::SetOwner { owner, by, accepts } => {
                let accepted = self.owner(accepts.expect("it is settled"));
                let parts = [short_string("StarkNet Message"), short_string("accept_ownership")];
                let hash =
                    poseidon_hash_many(&[parts[0], parts[1], self.chain.account(), accepted]);
                let signature = self.owners[*by].sign(&hash).expect("it can be signed");
                let felts = vec![self.owner(*owner), Felt::TWO, signature.r, signature.s];
                of_itself("set_public_key", felts)
            }
            Deed::Upgrade(Class::Ours) => of_itself("upgrade", vec![self.ours]),
            Deed::Upgrade(Class::OpenZeppelin) => of_itself("upgrade", vec![OPENZEPPELIN]),
            Deed::UpgradeToToken => of_itself("upgrade", vec![self.token_class]),
        }
    }

    fn move_by(&self, it: &Move) -> Call {
        Call {
            to: self.mocks.venue(it.route.venue()),
            selector: function_selector(Function::Route(it.route)),
            calldata: self.data(it.calldata()),
        }
    }

    /// Serializes a list of calls as the contract takes it: an option begins with 0 for `Some` and with 1
    /// for `None`.
    fn entries(&self, calls: &[Entry]) -> Vec<Felt> {
        let felts = |call: &Entry| {
            let AllowedCall { to, selector, argument } = self.listed(call);
            let argument = match argument {
                Some(it) => vec![Felt::ZERO, it.index.into(), it.value],
                None => vec![Felt::ONE],
            };
            [vec![to, selector], argument].concat()
        };
        calls.iter().flat_map(felts).collect()
    }

    /// Returns an entry of a list as the client reads it from the account's events.
    fn listed(&self, Entry { place, listed, argument }: &Entry) -> AllowedCall {
        let to = match place {
            Place::Token(token) => self.token(*token),
            Place::Venue(venue) => self.mocks.venue(*venue),
            Place::Zero => Felt::ZERO,
            Place::Account => self.chain.account(),
        };
        let call = AllowedCall::new(to, listed_selector(*listed));
        match argument {
            Some(it) => call.with_argument(it.index, self.datum(it.value)),
            None => call,
        }
    }

    /// Returns what a session may call as the client reads it from the account's events.
    pub fn shown(&self, allowed: &Allowed) -> Shown {
        match allowed {
            Allowed::Anything => Shown::AnyCall,
            Allowed::Functions(functions) => Shown::Selectors(selectors(functions)),
            Allowed::Calls(calls) => Shown::Calls(calls.iter().map(|it| self.listed(it)).collect()),
        }
    }

    fn data(&self, data: Vec<Datum>) -> Vec<Felt> {
        data.into_iter().map(|it| self.datum(it)).collect()
    }

    fn datum(&self, datum: Datum) -> Felt {
        match datum {
            Datum::Party(party) => self.party(party),
            Datum::Token(token) => self.token(token),
            Datum::Account => self.chain.account(),
            Datum::Number(number) => number.into(),
        }
    }
}

struct Signing<'a> {
    sessions: &'a [Arc<SessionKey>; KEYS],
    owners: &'a [SigningKey; OWNERS],
}

impl Signing<'_> {
    fn sign(&self, signature: Signature, hash: Felt) -> Vec<Felt> {
        match signature {
            Signature::CurrentOwner
            | Signature::Rightful(_)
            | Signature::Spender(_)
            | Signature::Again
            | Signature::Awaited => panic!("it is settled"),
            Signature::Owner(owner) => self.by_owner(owner, hash),
            Signature::Usurper(key) => self.by_session(key, hash),
            Signature::Session { key, by, valid_until } => {
                let [r, s] = match by {
                    Signer::Itself => self.by_session(key, hash),
                    Signer::ItselfElsewhere => self.by_session(key, Felt::from(7)),
                    Signer::Session(other) => self.by_session(other, hash),
                    Signer::Owner(owner) => self.by_owner(owner, hash),
                }[..] else {
                    panic!("two felts")
                };
                vec![self.sessions[key].public_key(), r, s, felt_of(valid_until)]
            }
            Signature::Length(length) => vec![Felt::ONE; length],
        }
    }

    fn by_owner(&self, owner: Owner, hash: Felt) -> Vec<Felt> {
        let signature = self.owners[owner].sign(&hash).expect("it can be signed");
        vec![signature.r, signature.s]
    }

    fn by_session(&self, key: Key, hash: Felt) -> Vec<Felt> {
        self.sessions[key].sign(&hash, 0).expect("it can be signed")[1..3].to_vec()
    }
}

/// Returns the end that a session's signature names, as a felt.
pub fn felt_of(valid_until: Claim) -> Felt {
    match valid_until {
        Claim::Stored(_) => panic!("it is settled"),
        Claim::At(end) => end.into(),
        Claim::Wrapped => Felt::TWO.pow(64_u128),
    }
}

fn selectors(listed: &[Listed]) -> Vec<Felt> {
    listed.iter().copied().map(listed_selector).collect()
}

fn listed_selector(listed: Listed) -> Felt {
    match listed {
        Listed::Function(function) => function_selector(function),
        Listed::Zero => Felt::ZERO,
        Listed::Blocked(blocked) => selector(BLOCKED[blocked]),
    }
}

fn function_selector(function: Function) -> Felt {
    selector(match function {
        Function::Transfer => "transfer",
        Function::Approve => "approve",
        Function::IncreaseAllowance => "increase_allowance",
        Function::IncreaseAllowanceCamel => "increaseAllowance",
        Function::Missing => "no_such_function",
        Function::Route(Route::Pull) => "pull",
        Function::Route(Route::Withdraw) => "initiate_token_withdraw",
        Function::Route(Route::Swap) => "swap",
        Function::Route(Route::Deposit) => "deposit",
        Function::Route(Route::Redeem) => "redeem",
        Function::Route(Route::Pay) => "pay",
        Function::Make => "make",
    })
}
