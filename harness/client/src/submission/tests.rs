//! Tests what the client does with the answers of hostile and broken nodes.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use starknet_rust::accounts::Account;
use starknet_rust::signers::SigningKey;

use super::*;
use crate::journal::{InMemory, Journal};
use crate::owner::Owner;
use crate::server::{Asked, Reply, Server};
use crate::token::{STRK, transfer};
use crate::transport::Patience;

const ADD: &str = "starknet_addInvokeTransaction";
const STATUS: &str = "starknet_getTransactionStatus";
const RECEIPT: &str = "starknet_getTransactionReceipt";

/// A journal that two nodes can share, and that can be unable to settle.
struct Shared {
    entries: Arc<InMemory>,
    can_settle: bool,
}

impl Journal for Shared {
    fn write(&self, entry: &Entry) -> std::io::Result<()> {
        self.entries.write(entry)
    }

    fn open(&self, chain_id: Felt, account: Felt) -> std::io::Result<Vec<Entry>> {
        self.entries.open(chain_id, account)
    }

    fn find(&self, hash: Felt) -> std::io::Result<Option<Entry>> {
        self.entries.find(hash)
    }

    fn settle(&self, hash: Felt) -> std::io::Result<()> {
        if self.can_settle {
            self.entries.settle(hash)
        } else {
            Err(ErrorKind::ReadOnlyFilesystem.into())
        }
    }
}

/// Returns the answers of a node that accepts everything, and then knows no transaction.
fn usual(asked: &Asked) -> Reply {
    Reply::Result(match asked.method.as_str() {
        "starknet_chainId" => json!("0x1"),
        "starknet_getNonce" => json!("0x0"),
        "starknet_call" => json!(["0xffffffffffffffffffffffffffffff", "0x0"]),
        "starknet_estimateFee" => json!([{
            "l1_gas_consumed": "0x0", "l1_gas_price": "0x7",
            "l2_gas_consumed": "0x3e8", "l2_gas_price": "0xa",
            "l1_data_gas_consumed": "0x64", "l1_data_gas_price": "0xa",
            "overall_fee": "0x2af8", "unit": "FRI",
        }]),
        ADD => json!({ "transaction_hash": "0x1" }),
        _ => return Reply::Error(json!({ "code": 29, "message": "Transaction hash not found" })),
    })
}

/// Makes the owner of an account on a node. `other` may answer the call of a method with this number
/// (counted from 0); otherwise [`usual`] does.
async fn owner(
    other: impl Fn(&Asked, usize) -> Option<Reply> + Send + Sync + 'static,
    journal: Option<Shared>,
) -> (Owner, Server) {
    patient_owner(other, journal, Patience::default().without_retries()).await
}

async fn patient_owner(
    other: impl Fn(&Asked, usize) -> Option<Reply> + Send + Sync + 'static,
    journal: Option<Shared>,
    patience: Patience,
) -> (Owner, Server) {
    let counts = std::sync::Mutex::new(std::collections::BTreeMap::<String, usize>::new());
    let server = Server::new(move |asked: &Asked| {
        let nth = {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(asked.method.clone()).or_default();
            *count += 1;
            *count - 1
        };
        other(asked, nth).unwrap_or_else(|| usual(asked))
    })
    .await;
    let node = Node::connect_with(server.url.parse().unwrap(), patience).await.unwrap();
    let node = match journal {
        Some(journal) => node.with_journal(journal),
        None => node,
    };
    let key = SigningKey::from_secret_scalar(Felt::from(0x5e));
    (Owner::new(node, Felt::from(0xacc), key), server)
}

fn error(code: i64, data: &str) -> Reply {
    Reply::Error(json!({ "code": code, "message": "refused", "data": data }))
}

fn received() -> Reply {
    Reply::Result(json!({ "finality_status": "RECEIVED" }))
}

async fn pay(owner: &Owner) -> Result<Submission> {
    owner.submit([transfer(STRK, Felt::TWO, 7)]).await
}

/// Network scenario 22: if a rate limiter answered the first try, code 59 (duplicate) means that it was
/// accepted.
#[tokio::test]
async fn a_transaction_that_is_known_already_is_the_one_that_was_sent_and_not_paid_again() {
    const LIMITED: &str =
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n";
    for is_limited in [true, false] {
        let (owner, server) = owner(
            move |asked, nth| match (asked.method.as_str(), nth) {
                (ADD, 0) if is_limited => Some(Reply::Raw(LIMITED.to_owned())),
                (ADD, _) => Some(Reply::Error(json!({ "code": 59, "message": "duplicate" }))),
                _ => None,
            },
            None,
        )
        .await;
        let submission = pay(&owner).await.unwrap();
        assert_eq!(submission.entry().nonce, Felt::ZERO);
        assert_eq!(server.count(ADD), if is_limited { 2 } else { 1 });
        assert!(owner.node().submission(submission.hash()).unwrap().is_some(), "it is open");
    }
}

/// A provider passes the transaction to a second node if the first one is slow, and returns the second
/// one's answer.
#[tokio::test]
async fn a_transaction_that_is_refused_and_known_all_the_same_is_not_paid_again() {
    let nonce = "Invalid transaction nonce. Expected: 1 <= nonce <= 201, got: 0.";
    let is_below = "Transaction L2 gas price 1 is below the required threshold 2.";
    for (code, data) in [(52, nonce), (63, is_below), (55, "no 'VALID'")] {
        // The node knows the transaction at the first look, or at the second one.
        for known_from in [0, 1] {
            let (owner, server) = owner(
                move |asked, nth| match asked.method.as_str() {
                    ADD => Some(error(code, data)),
                    "starknet_getNonce" if nth > 0 => Some(Reply::Result(json!("0x1"))),
                    STATUS if nth >= known_from => Some(received()),
                    _ => None,
                },
                None,
            )
            .await;
            let submission = pay(&owner).await.unwrap();
            assert_eq!(server.count(ADD), 1, "{code}");
            assert!(owner.node().submission(submission.hash()).unwrap().is_some(), "it is open");
        }
    }
}

#[tokio::test]
async fn an_answer_that_may_come_from_a_gateway_s_time_out_is_no_refusal() {
    for code in [-32_603, -32_000, -32_050, 500, 502, 503, 504, 408, 63] {
        let (owner, server) = owner(
            move |asked, nth| match (asked.method.as_str(), nth) {
                (ADD, 0) => Some(error(code, "upstream timed out")),
                (STATUS, 0) => Some(received()),
                _ => None,
            },
            None,
        )
        .await;
        assert!(pay(&owner).await.is_ok(), "{code}");
        assert_eq!(server.count(ADD), 1, "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_passed_nothing_on_is_told_and_leaves_nothing_open() {
    for code in [-32_700, -32_602, -32_601, 401, 403, 413, 61] {
        let (owner, _server) =
            owner(move |asked, _| (asked.method == ADD).then(|| error(code, "no")), None).await;
        let refused = pay(&owner).await;
        assert!(matches!(refused, Err(Error::Node(_))), "{code}: {refused:?}");
        assert!(owner.node().unsettled(owner.address()).unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_pause_of_any_length_that_a_provider_asks_for_is_no_panic() {
    // After the first pause, the sum of the elapsed time and the next pause overflows.
    let (owner, server) = owner(
        |asked, nth| {
            let seconds = if nth == 0 { 1 } else { u64::MAX };
            let limited = format!(
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\r\n"
            );
            (asked.method == ADD).then_some(Reply::Raw(limited))
        },
        None,
    )
    .await;
    let unsent = pay(&owner).await;
    assert!(matches!(unsent, Err(Error::Unreachable(_))), "{unsent:?}");
    assert_eq!(unsent.unwrap_err().transaction(), None);
    assert_eq!(server.count(ADD), 2);
}

/// [`Error::Unreachable`] would say of a transaction that was sent that it never was.
#[tokio::test]
async fn a_wait_that_fails_does_not_say_that_nothing_was_sent() {
    let (owner, _server) =
        owner(|asked, _| (asked.method == STATUS).then_some(Reply::HangUp), None).await;
    let submission = pay(&owner).await.unwrap();
    let wait = Wait { limit: Duration::ZERO, ..Wait::default() };
    let waited = submission.wait_with(wait, |_| {}).await;
    assert!(
        matches!(&waited, Err(Error::Uncertain { hash, .. }) if *hash == submission.hash()),
        "{waited:?}"
    );
    assert_eq!(waited.unwrap_err().transaction(), Some(submission.hash()));
}

fn receipt(asked: &Asked) -> Value {
    let hash = asked.params.get(0).or_else(|| asked.params.get("transaction_hash")).unwrap();
    json!({
        "type": "INVOKE", "transaction_hash": hash, "actual_fee": { "amount": "0x5", "unit": "FRI" },
        "execution_resources": { "l1_gas": 0, "l1_data_gas": 1, "l2_gas": 2 },
        "finality_status": "ACCEPTED_ON_L2", "execution_status": "SUCCEEDED",
        "block_hash": "0xb", "block_number": 3, "events": [], "messages_sent": [],
    })
}

fn in_a_block(asked: &Asked) -> Option<Reply> {
    match asked.method.as_str() {
        STATUS => Some(Reply::Result(
            json!({ "finality_status": "ACCEPTED_ON_L2", "execution_status": "SUCCEEDED" }),
        )),
        RECEIPT => Some(Reply::Result(receipt(asked))),
        _ => None,
    }
}

/// [`Error::Journal`] would say that nothing was sent, though the payment is in a block.
#[tokio::test]
async fn a_payment_that_landed_is_told_though_the_journal_cannot_settle_it() {
    let journal = Shared { entries: Arc::default(), can_settle: false };
    let (owner, _server) = owner(|asked, _| in_a_block(asked), Some(journal)).await;
    let outcome = pay(&owner).await.unwrap().wait(Finality::AcceptedOnL2).await.unwrap();
    assert_eq!((outcome.block_number, outcome.fee), (3, Fri(5)));
}

#[tokio::test]
async fn who_holds_a_draft_can_wait_for_an_earlier_transaction() {
    let (owner, _server) = owner(|asked, _| in_a_block(asked), None).await;
    let submission = pay(&owner).await.unwrap();
    let calls = vec![transfer(STRK, Felt::TWO, 7)];
    let (node, terms) = (owner.node(), Terms::default());
    let draft = node.draft(owner.address(), owner.execute_v3(calls), &terms).await.unwrap();
    let waited =
        tokio::time::timeout(Duration::from_secs(10), submission.wait(Finality::AcceptedOnL2));
    waited.await.unwrap().unwrap();
    drop(draft);
}

/// A timeout around `send` drops its future: nobody knows whether the transaction was sent.
#[tokio::test]
async fn what_was_dropped_while_it_was_sent_leaves_no_gap_behind_which_others_wait() {
    let (owner, server) =
        owner(|asked, nth| (asked.method == ADD && nth == 0).then_some(Reply::HangUp), None).await;
    let asked = async {
        while server.count(ADD) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        sent = pay(&owner) => panic!("the answer is lost: {sent:?}"),
        () = asked => {}
    }
    let [open] = &owner.node().unsettled(owner.address()).unwrap()[..] else {
        panic!("one is open")
    };
    let next = pay(&owner).await;
    assert!(
        matches!(&next, Err(Error::Unsettled { hash, .. }) if *hash == open.hash()),
        "{next:?}"
    );
    assert_eq!(server.count(ADD), 1);
    open.resend().await.unwrap();
    assert_eq!(pay(&owner).await.unwrap().entry().nonce, Felt::ONE);
}

#[tokio::test]
async fn two_processes_of_one_journal_take_two_nonces_at_the_same_moment() {
    let entries: Arc<InMemory> = Arc::default();
    let journal = || Some(Shared { entries: entries.clone(), can_settle: true });
    let (first, _server) = owner(|_, _| None, journal()).await;
    let submission = pay(&first).await.unwrap();
    // The second process's node knows the first transaction a moment later.
    let (second, _server) =
        owner(|asked, nth| (asked.method == STATUS && nth > 0).then(received), journal()).await;
    let next = pay(&second).await.unwrap();
    assert_eq!((submission.entry().nonce, next.entry().nonce), (Felt::ZERO, Felt::ONE));
}

/// Network scenarios 2, 3, 4 and 15: at first the gateway looks at an older block than the estimate, a
/// moment later it has caught up.
#[tokio::test]
async fn what_the_gateway_refuses_and_the_estimate_does_not_is_made_again_at_the_same_nonce() {
    let threshold = "Transaction L2 gas price 1 is below the required threshold 2.";
    let undeployed = "Requested contract address 0x1 is not deployed.";
    for (code, data) in [
        (55, "The 'validate' entry point should return 'VALID'. Got ..."),
        (55, undeployed),
        (55, "Class with hash 0x1 is not declared."),
        (28, ""),
        (52, "Invalid transaction nonce. Expected: nonce   7, got: 8."),
        (63, threshold),
        (53, ""),
    ] {
        let (owner, server) = owner(
            move |asked, nth| (asked.method == ADD && nth == 0).then(|| error(code, data)),
            None,
        )
        .await;
        let submission = pay(&owner).await.unwrap();
        assert_eq!(submission.entry().nonce, Felt::ZERO, "{code}: {data}");
        assert_eq!((server.count(ADD), server.count("starknet_estimateFee")), (2, 2));
        // The refused transaction stays in the journal: both have the same nonce, and one of them can be
        // included.
        let open = owner.node().unsettled(owner.address()).unwrap();
        assert!(open.iter().any(|it| it.hash() == submission.hash()), "{code}");
        assert!(open.len() == 2 && open.iter().all(|it| it.entry().nonce == Felt::ZERO));
    }
}

/// A gateway accepts a transaction and still answers 52 (invalid nonce), and the nodes that are asked for
/// it are behind: with the next nonce both could be included.
#[tokio::test]
async fn what_was_refused_and_may_have_landed_is_not_paid_at_another_nonce() {
    let old = "Invalid transaction nonce. Expected: 1 <= nonce <= 201, got: 0.";
    let (owner, server) = patient_owner(
        move |asked, nth| match (asked.method.as_str(), nth) {
            (ADD, 0) => Some(error(52, old)),
            // The transaction is executed, and in no block yet.
            ("starknet_getNonce", nth) if nth > 0 => {
                let is_latest = asked.params.to_string().contains("latest");
                Some(Reply::Result(json!(if is_latest { "0x0" } else { "0x1" })))
            }
            _ => None,
        },
        None,
        Patience::default().without_retries().catching_up_for(Duration::from_secs(1)),
    )
    .await;
    let paid = pay(&owner).await;
    let Err(Error::Unsettled { hash, nonce }) = paid else { panic!("{paid:?}") };
    assert_eq!((server.count(ADD), nonce), (1, Felt::ZERO), "nothing was sent at the next nonce");
    assert!(owner.node().submission(hash).unwrap().is_some(), "it is open");
}

#[tokio::test]
async fn a_draft_settles_nothing_that_an_earlier_process_sent() {
    let used = |asked: &Asked, _| {
        (asked.method == "starknet_getNonce").then(|| Reply::Result(json!("0x5")))
    };
    let (owner, _server) = owner(used, None).await;
    let earlier = Entry { account: owner.address(), ..entry_of(owner.node().chain_id(), 3) };
    owner.node().journal().write(&earlier).unwrap();
    let payment = owner.execute_v3(vec![transfer(STRK, Felt::TWO, 7)]);
    drop(owner.node().draft(owner.address(), payment, &Terms::default()).await.unwrap());
    assert!(owner.node().submission(earlier.hash).unwrap().is_some());
}

#[tokio::test]
async fn what_is_for_another_network_is_nothing_to_this_one() {
    let (owner, _server) = owner(|_, _| None, None).await;
    let elsewhere = entry_of(Felt::from(0xe15e), 3);
    owner.node().journal().write(&elsewhere).unwrap();
    assert!(owner.node().submission(elsewhere.hash).unwrap().is_none());
}

/// Of several nodes, the one that is asked first is behind.
#[tokio::test]
async fn what_one_node_does_not_know_is_not_given_up() {
    let (owner, _server) =
        owner(|asked, nth| (asked.method == STATUS && nth > 0).then(received), None).await;
    let open = entry_of(owner.node().chain_id(), 0);
    owner.node().journal().write(&open).unwrap();
    let given_up = owner.node().submission(open.hash).unwrap().unwrap().give_up().await;
    assert!(matches!(given_up, Err(Error::Pending { .. })), "{given_up:?}");
    assert!(owner.node().submission(open.hash).unwrap().is_some());
}

fn entry_of(chain_id: Felt, nonce: u64) -> Entry {
    Entry {
        chain_id,
        account: Felt::ONE,
        nonce: nonce.into(),
        hash: Felt::from(1_000 + nonce),
        transaction: None,
        replaces: None,
        written_at: 7,
    }
}

/// Network scenario 23: behind a load balancer, a node is behind the block of the last payment.
#[tokio::test]
async fn what_a_node_that_is_behind_does_not_show_is_asked_for_again() {
    let not_found = "Execution failed. Failure reason: 'Session: not found'.";
    let (owner, server) = owner(
        move |asked, nth| match (asked.method.as_str(), nth) {
            ("starknet_blockNumber", nth) => Some(Reply::Result(json!(2 + nth))),
            // The second of the three estimates comes from a node that is behind.
            ("starknet_estimateFee", 1) => Some(Reply::Error(json!({
                "code": 41, "message": "Transaction execution error",
                "data": { "transaction_index": 0, "execution_error": not_found },
            }))),
            _ => in_a_block(asked),
        },
        None,
    )
    .await;
    owner.send([transfer(STRK, Felt::TWO, 7)]).await.unwrap();
    owner.revoke(Felt::from(0x5e)).await.unwrap();
    assert_eq!((server.count(ADD), server.count("starknet_estimateFee")), (2, 3));
    // If no newer block was seen, the node's refusal is believed.
    let (owner, server) = self::owner(
        move |asked, _| match asked.method.as_str() {
            "starknet_blockNumber" => Some(Reply::Result(json!(2))),
            "starknet_estimateFee" => Some(Reply::Error(json!({
                "code": 41, "message": "Transaction execution error",
                "data": { "transaction_index": 0, "execution_error": not_found },
            }))),
            _ => None,
        },
        None,
    )
    .await;
    let refused = owner.revoke(Felt::from(0x5e)).await.unwrap_err();
    assert_eq!((refused.rule(), server.count(ADD)), (Some(crate::rule::Rule::NotFound), 0));
}

/// An estimate sends nothing, so it may be asked for again; what the gateway refuses is not sent again.
#[tokio::test]
async fn what_an_estimate_misses_is_asked_for_again_and_what_was_sent_is_not() {
    let missing = |code, data: &str| {
        let data = json!({ "transaction_index": 0, "execution_error": data });
        Reply::Error(json!({ "code": code, "message": "('ENTRYPOINT_NOT_FOUND')", "data": data }))
    };
    let patience = Patience::default().catching_up_for(Duration::ZERO);
    let (owner, server) = patient_owner(
        move |asked, nth| match (asked.method.as_str(), nth) {
            ("starknet_estimateFee", 0) => {
                Some(missing(41, "Class with hash 0x7 is not declared."))
            }
            // Without the data that the specification defines for this code.
            ("starknet_estimateFee", 1) => Some(missing(55, "")),
            ("starknet_estimateFee", 3..) => Some(missing(41, "0x7 is not deployed.")),
            (ADD, _) => Some(error(28, "")),
            _ => None,
        },
        None,
        patience,
    )
    .await;
    let counts = || (server.count("starknet_estimateFee"), server.count(ADD));
    assert_eq!(pay(&owner).await.unwrap_err().cause(), Some(Cause::NoClass));
    assert_eq!(counts(), (3, 1));
    // What stays missing is believed.
    assert_eq!(pay(&owner).await.unwrap_err().cause(), Some(Cause::NoContract));
    assert_eq!(counts(), (6, 1));
}

/// The gateway may be behind for longer than the client waits for it.
#[tokio::test]
async fn a_gateway_that_refuses_to_the_end_is_not_taken_for_the_key_s_fault() {
    let patience = Patience::default().without_retries().catching_up_for(Duration::ZERO);
    let no = "The 'validate' entry point should return 'VALID'. Got ...";
    let (owner, server) =
        patient_owner(move |asked, _| (asked.method == ADD).then(|| error(55, no)), None, patience)
            .await;
    let Err(Error::Refused(refusal)) = pay(&owner).await else { panic!("it is refused") };
    assert!(refusal.passed_estimate() && refusal.cause() == Cause::NotValid, "{refusal}");
    assert_eq!(server.count(ADD), 1);
}

/// Network scenario 18.
#[tokio::test]
async fn a_balance_that_is_too_low_is_not_tried_again() {
    for (code, data) in [(55, "Resources bounds (x) exceed balance (0)."), (54, "")] {
        let (owner, server) =
            owner(move |asked, _| (asked.method == ADD).then(|| error(code, data)), None).await;
        let Err(Error::Refused(refusal)) = pay(&owner).await else { panic!("it is refused") };
        assert_eq!((refusal.cause(), server.count(ADD)), (Cause::Balance, 1));
    }
    // The balance was spent after it was checked: the error names the balance and the need.
    let (owner, server) = owner(
        |asked, nth| match (asked.method.as_str(), nth) {
            (ADD, _) => Some(error(55, "Resources bounds exceed balance (5).")),
            ("starknet_call", 1..) => Some(Reply::Result(json!(["0x5", "0x0"]))),
            _ => None,
        },
        None,
    )
    .await;
    let Err(Error::CannotPay { has, needs, .. }) = pay(&owner).await else { panic!("it is poor") };
    assert!((has, server.count(ADD)) == (Fri(5), 1) && needs > has);
}

/// Both functions are called before each try, and an error of one of them ends the submission.
#[tokio::test]
async fn whoever_does_not_agree_has_nothing_sent() {
    let (owner, server) = owner(|_, _| None, None).await;
    let calls = vec![transfer(STRK, Felt::TWO, 7)];
    let make = || owner.execute_v3(calls.clone());
    let (node, terms) = (owner.node(), Terms::default());
    let no = || Err(Error::Node("no".to_owned()));
    let refused = node.submit_with(owner.address(), make, &terms, |_| no(), |_| Ok(())).await;
    assert!(matches!(refused, Err(Error::Node(_))));
    let refused = node.submit_with(owner.address(), make, &terms, |_| Ok(()), |_| no()).await;
    assert!(matches!(refused, Err(Error::Node(_))));
    assert_eq!(server.count(ADD), 0);
    assert!(node.unsettled(owner.address()).unwrap().is_empty());
}

fn bounds_of(server: &Server, nth: usize) -> (u128, u64) {
    let asked: Vec<_> = server.asked().into_iter().filter(|it| it.method == ADD).collect();
    let sent = match &asked[nth].params {
        Value::Array(params) => params[0].clone(),
        params => params["invoke_transaction"].clone(),
    };
    let number = |value: &Value| u128::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
    let price = number(&sent["resource_bounds"]["l2_gas"]["max_price_per_unit"]);
    (price, number(&sent["tip"]).try_into().unwrap())
}

/// Network scenarios 13 and 16.
#[tokio::test]
async fn a_stuck_transaction_is_replaced_at_its_nonce_for_a_tenth_more_and_the_next_one_follows() {
    let (owner, server) =
        owner(|asked, nth| (asked.method == STATUS && nth > 1).then(received), None).await;
    let owner = owner.on_terms(Terms::default().with_tip(Tip::Of(9)));
    let stuck = pay(&owner).await.unwrap();
    let calls = stuck.entry().calls().unwrap();
    let make = || owner.execute_v3(calls.clone());
    let replaced = stuck.replace(make, &Terms::default()).await.unwrap();
    assert_eq!(replaced.entry().nonce, stuck.entry().nonce);
    assert_ne!(replaced.hash(), stuck.hash());
    assert_eq!((bounds_of(&server, 0), bounds_of(&server, 1)), ((15, 9), (17, 10)));
    // Either of the two may be included, and no third one.
    assert_eq!(owner.node().unsettled(owner.address()).unwrap().len(), 2);
    let hash_of =
        |of: &Submission| of.alternatives().unwrap().iter().map(Submission::hash).collect();
    let (of_stuck, of_replaced): (Vec<_>, Vec<_>) = (hash_of(&stuck), hash_of(&replaced));
    assert_eq!((of_stuck, of_replaced), (vec![replaced.hash()], vec![stuck.hash()]));
    assert_eq!(pay(&owner).await.unwrap().entry().nonce, Felt::ONE);
    // Once one is settled, nobody finds the other and takes it for a payment that was not made.
    replaced.settle().unwrap();
    assert_eq!(owner.node().unsettled(owner.address()).unwrap().len(), 1);
    assert!(owner.node().submission(stuck.hash()).unwrap().is_none());
}

/// What ends a session in the place of a stuck payment does not make that payment.
#[tokio::test]
async fn what_makes_other_calls_at_a_nonce_is_no_alternative() {
    let (owner, _server) = owner(|_, _| None, None).await;
    let stuck = pay(&owner).await.unwrap();
    let make = || owner.execute_v3(vec![transfer(STRK, Felt::TWO, 8)]);
    let other = stuck.replace(make, &Terms::default()).await.unwrap();
    assert!(stuck.alternatives().unwrap().is_empty());
    other.settle().unwrap();
    assert!(owner.node().submission(stuck.hash()).unwrap().is_some(), "it was not paid");
}

#[tokio::test]
async fn what_is_given_up_takes_no_alternative_with_it() {
    let (owner, _server) = owner(|_, _| None, None).await;
    let stuck = pay(&owner).await.unwrap();
    let calls = stuck.entry().calls().unwrap();
    let replaced =
        stuck.replace(|| owner.execute_v3(calls.clone()), &Terms::default()).await.unwrap();
    stuck.give_up().await.unwrap();
    assert!(owner.node().submission(replaced.hash()).unwrap().is_some());
}

/// Network scenario 23: nodes that are behind know neither the nonce nor the transaction.
#[tokio::test]
async fn a_transaction_is_overtaken_only_if_no_node_knows_it_any_more() {
    for (nonce, known_from, is_overtaken) in
        [("0x0", usize::MAX, false), ("0x1", 3, false), ("0x1", usize::MAX, true)]
    {
        let (owner, _server) = owner(
            move |asked, nth| match asked.method.as_str() {
                "starknet_getNonce" if nth > 0 => Some(Reply::Result(json!(nonce))),
                STATUS if nth >= known_from => Some(received()),
                _ => None,
            },
            None,
        )
        .await;
        let submission = pay(&owner).await.unwrap();
        assert_eq!(submission.is_overtaken().await.unwrap(), is_overtaken, "{nonce} {known_from}");
    }
}

#[tokio::test]
async fn a_nonce_that_is_asked_for_is_the_next_one_or_nothing_is_signed() {
    let (owner, server) = owner(
        |asked, _| (asked.method == "starknet_getNonce").then(|| Reply::Result(json!("0x5"))),
        None,
    )
    .await;
    let node = owner.node().clone();
    let at = async |nonce: u8| {
        let payment = owner.execute_v3(vec![transfer(STRK, Felt::TWO, 7)]);
        let terms = Terms::default().at_nonce(nonce.into());
        node.draft(owner.address(), payment, &terms).await
    };
    for wrong in [4, 6] {
        let refused = at(wrong).await.err();
        assert!(
            matches!(refused, Some(Error::NotNext { asked, next }) if asked == wrong.into() && next == 5.into()),
            "{refused:?}"
        );
    }
    assert_eq!(server.count("starknet_estimateFee"), 0, "an estimate is signed too");
    let sent = at(5).await.unwrap().sign().await.unwrap().submit().await.unwrap();
    assert_eq!(sent.entry().nonce, 5.into());
    let refused = at(5).await.err();
    assert!(
        matches!(refused, Some(Error::NonceTaken { hash, .. }) if hash == sent.hash()),
        "{refused:?}"
    );
}
