//! Compares the account with a model of it. Random operations, valid and invalid, by the account's owner,
//! its sessions, thieves with a session key, relayers and strangers are run on the real class and on plain
//! values. After each operation the outcome, the account's views and the balances must be the same in both.
//! The client's preflight is asked about what sessions do: it must name the rule by which the class
//! refuses, and refuse nothing that the class accepts.
//!
//! In addition, a witness that knows only the grants checks, whatever the model says, that
//!
//! - I-1: no session ever makes more transactions than granted,
//! - I-2: no session acts after its last second,
//! - I-3: no session makes a call outside its list, or of the account itself, except to end itself,
//! - I-4: in a session's batches a token's balance falls by no more than its windows allow, whichever
//!   contracts are called; what can still be pulled by a batch's approvals counts too,
//! - I-5: nothing has the owner's power without the owner's signature.
//!
//! `MODEL_OPERATIONS` is the number of operations, and `MODEL_SEED` the seed. A failing life is shrunk,
//! with at most `MODEL_SHRINKS` tries, and its seed is printed. `MODEL_REPORT` names a file into which the
//! counts are written as JSON.

mod account;
mod facts;
mod foretold;
mod generate;
mod holdings;
mod invariants;
mod life;
mod mocks;
mod operation;
mod rules;
mod spending;
mod state;

use std::cell::RefCell;
use std::fmt::Debug;
use std::str::FromStr;
use std::time::Instant;
use std::{env, fs, thread};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use session_client::Rule;
use tokio::runtime::{Builder, Runtime};

use account::Account;
use life::{Count, Life};

const OPERATIONS: u64 = 2_400;
const SEED: u64 = 0;
/// The cases of spending policies that must be reached at least three times.
const CAPS: [&str; 20] = [
    "a measured batch",
    "a measured batch of 8 tokens",
    "an excess in its window",
    "an excess that begins a window",
    "an excess over its window",
    "a set-off",
    "an approval left unused",
    "what came in is not set off",
    "a pull",
    "a withdrawal by the bridge",
    "a swap",
    "a deposit",
    "a redemption",
    "a payout",
    "a batch of a session in its own",
    "a batch of a session in another's",
    "a batch of the owner in a session's",
    "a policy removed meanwhile",
    "a policy set meanwhile",
    "an own ending that asks no policy",
];
/// The rules that preflight must name at least once; otherwise their order would not be tested.
const FORETOLD: [Rule; 18] = [
    Rule::OutsideInvalidCaller,
    Rule::OutsideTooEarly,
    Rule::OutsideTooLate,
    Rule::OutsideNonceUsed,
    Rule::NotFound,
    Rule::WrongValidUntil,
    Rule::Expired,
    Rule::Exhausted,
    Rule::OverFeeLimit,
    Rule::NoCalls,
    Rule::SelfCall,
    Rule::BlockedSelector,
    Rule::CallNotAllowed,
    Rule::InvalidSignature,
    Rule::SpendingSelectorNotCounted,
    Rule::SpendingInvalidAmount,
    Rule::SpendingOverCallMaximum,
    Rule::SpendingOverWindowMaximum,
];
/// The number of operations in a life.
const LENGTH: usize = 80;
/// The number of threads; each has a chain of its own.
const WORKERS: u64 = 2;
/// The number of lives on one chain. A devnet keeps every block, and becomes slower.
const CHAIN_LIVES: u64 = 30;
/// The stack of each thread, in bytes: the generator of a life is a large value.
const STACK: usize = 64 << 20;
/// The most tries to shrink a failing life.
const SHRINKS: u32 = 200;

#[test]
fn the_account_does_what_the_model_does() {
    let start = Instant::now();
    let lives = number("MODEL_OPERATIONS", OPERATIONS).div_ceil(LENGTH as u64);
    let first = number("MODEL_SEED", SEED);
    let seeds = |worker| (first..first + lives).skip(worker as usize).step_by(WORKERS as usize);
    let mut count = Count::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS.min(lives))
            .map(|worker| {
                let worker = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, {
                    let seeds = seeds(worker);
                    move || live_all(seeds)
                });
                worker.expect("a thread")
            })
            .collect();
        for worker in workers {
            count += worker.join().expect("the model and the account agree");
        }
    });
    println!("{count}in {} s", start.elapsed().as_secs());
    // With fewer, the generator would not test enough.
    assert!(count.by_sessions * 10 >= count.operations, "too few by sessions: {count:?}");
    assert!(count.refused * 20 >= count.operations, "too few refused: {count:?}");
    assert!(count.reverted * 20 >= count.operations, "too few reverted: {count:?}");
    for rule in FORETOLD.iter().filter(|_| u64::from(count.operations) >= OPERATIONS) {
        assert!(count.foretold.contains_key(rule.error()), "{rule} was never foretold: {count:?}");
    }
    for what in CAPS.iter().filter(|_| u64::from(count.operations) >= OPERATIONS) {
        assert!(count.reached.get(what) >= Some(&3), "too few of {what}: {count:?}");
    }
    if let Some(report) = env::var_os("MODEL_REPORT") {
        let json = serde_json::to_vec_pretty(&count).expect("counts are JSON");
        fs::write(report, json).expect("the report can be written");
    }
}

/// Runs a life for each of `seeds`.
fn live_all(seeds: impl Iterator<Item = u64>) -> Count {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let shrinks = number("MODEL_SHRINKS", SHRINKS);
    let world = RefCell::new(World::new(&runtime));
    let count = RefCell::new(Count::default());
    for seed in seeds {
        if world.borrow().lives >= CHAIN_LIVES {
            world.replace(World::new(&runtime));
        }
        let config = Config {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: shrinks,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let lived = TestRunner::new_with_rng(config, rng).run(&generate::life(LENGTH), |life| {
            let lived = world.borrow_mut().live(&runtime, life);
            lived.map(|it| *count.borrow_mut() += it).map_err(|error| {
                eprintln!("seed {seed}: {error}");
                TestCaseError::fail(error)
            })
        });
        if let Err(error) = lived {
            panic!("{error}\nAgain: MODEL_SEED={seed} MODEL_OPERATIONS=1 cargo test --test model");
        }
    }
    count.into_inner()
}

struct World {
    account: Account,
    lives: u64,
}

impl World {
    fn new(runtime: &Runtime) -> Self {
        Self { account: runtime.block_on(Account::start()), lives: 0 }
    }

    fn live(
        &mut self,
        runtime: &Runtime,
        operations: Vec<operation::Operation>,
    ) -> Result<Count, String> {
        // Every life begins on another day at the same time, 25 minutes after a full hour.
        let now = session_e2e::START + self.lives * 30 * 86_400;
        self.lives += 1;
        runtime.block_on(async {
            self.account.renew(self.lives, now).await;
            let mut life = Life::new(&self.account, now);
            life.live(operations).await?;
            Ok(life.count)
        })
    }
}

fn number<T: FromStr<Err: Debug>>(name: &str, default: T) -> T {
    env::var(name).map_or(default, |text| text.parse().expect("a number"))
}
