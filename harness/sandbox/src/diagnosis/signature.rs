//! Finds out whose key made a signature, over which hash, and what is wrong with it.

use starknet_rust::core::types::Felt;

use super::super::signer::Signer;
use super::hashes::Candidate;
use super::signed::{Kind, Signed};
use session_client::Rule;
use session_client::felt::short_string;

/// The first element of a signature that another kind of account uses.
const ENVELOPE: &str = "V2_SNIP12";
/// How many of the hashes are checked against the keys of the account's other sessions.
const OWN: usize = 2;
/// Wrong orders of a session's signature, each with the places of the key, `r`, `s` and the end.
const ORDERS: [(&str, [usize; 4]); 3] = [
    ("[valid_until, session_key, r, s]", [1, 2, 3, 0]),
    ("[session_key, valid_until, r, s]", [0, 2, 3, 1]),
    ("[r, s, session_key, valid_until]", [2, 0, 1, 3]),
];
const SESSIONS: &str = "a session's signature is [session_key, r, s, valid_until]";

/// Finds the signer whose key fits the signature, whomever the signature names.
pub fn signer(signed: &Signed<'_>, owner: Option<Felt>) -> Signer {
    let fits = |key: Felt, r, s| fit_of(&signed.hashes, key, r, s, "").is_some();
    let is_owners = |r, s| owner.is_some_and(|owner| fits(owner, r, s));
    let session = |session_key| Signer::Session { session_key };
    let found = match *signed.signature {
        [r, s] | [_, r, s, _] if is_owners(r, s) => Some(Signer::Owner),
        [r, s] => session_of(signed, r, s).map(session),
        [key, r, s, _] if fits(key, r, s) => Some(session(key)),
        [_, _, _, _] => misordered(signed).map(|(key, _)| session(key)),
        _ => None,
    };
    found.unwrap_or_else(|| Signer::unknown(signed.signature))
}

/// Names the mistake if the signature's form shows it. Then nothing else needs to be said.
pub fn mistake(rule: Rule, signed: &Signed<'_>, owner: Option<Felt>) -> Option<String> {
    let own = signed.hashes.first();
    match *signed.signature {
        [r, s] if rule.is_of_a_signature() => {
            let key = session_of(signed, r, s)?;
            Some(format!(
                "the session key {key:#x} signed this, and gave [r, s] as an owner does: {SESSIONS}"
            ))
        }
        [key, _, _, _] if rule == Rule::NotFound && Some(key) == owner => Some(format!(
            "the key in the signature, {key:#x}, is the owner's, and no session's: sign with the session's \
             private key, and name its public key; the owner's signature would be [r, s]"
        )),
        [_, r, s, _]
            if rule == Rule::InvalidSignature
                && own.zip(owner).is_some_and(|(own, owner)| own.fits(owner, r, s)) =>
        {
            Some(
                "the owner's key signed this, and the signature names a session: sign with the session's \
                 private key"
                    .to_owned(),
            )
        }
        [_, _, _, _] if matches!(rule, Rule::NotFound | Rule::WrongValidUntil) => {
            let (_, order) = misordered(signed)?;
            Some(format!("the signature is {order}: {SESSIONS}"))
        }
        [_, _, _, _] => None,
        [tag, .., _, _] if tag == short_string(ENVELOPE) => None,
        _ if rule.is_of_a_signature() => Some(wrong_length(signed.signature)),
        _ => None,
    }
}

/// Tells which hash the signature fits, and which one the account computed.
pub fn numbers(signed: &Signed<'_>, owner: Option<Felt>) -> Vec<String> {
    let mut lines = Vec::new();
    let fit_of_owner =
        |r, s, who: &str| owner.and_then(|owner| fit_of(&signed.hashes, owner, r, s, who));
    let fit = match *signed.signature {
        [key, r, s, _] => fit_of(&signed.hashes, key, r, s, "the session key")
            .or_else(|| fit_of_owner(r, s, "the owner's key, not the session's,")),
        [r, s] => fit_of_owner(r, s, "the owner's key"),
        // This signature is for another kind of account; its last two felts are r and s.
        [.., r, s] => {
            lines.push(format!(
                "a {ENVELOPE} envelope is for accounts of another kind: an owner's signature here \
                 is [r, s]"
            ));
            fit_of_owner(r, s, "the owner's key")
        }
        [] | [_] => None,
    };
    lines.push(fit.unwrap_or_else(|| {
        "the signature fits neither the account's hash nor any that clients are known to sign in its stead: \
         another key signed, or another message"
            .to_owned()
    }));
    if let Some(Candidate { hash, .. }) = signed.hashes.first() {
        let of = match signed.kind {
            Kind::Plain => "of the transaction",
            Kind::Outside => "of the outside execution (SNIP-12)",
        };
        lines.push(format!("the account computed the hash {hash:#x} {of}"));
    }
    lines.extend(signed.differences.iter().cloned());
    lines
}

fn wrong_length(signature: &[Felt]) -> String {
    format!(
        "a signature has 2 felts, [r, s] of the owner, or 4, [session_key, r, s, valid_until] of a \
         session: this one has {}",
        signature.len()
    )
}

/// Finds the session whose key signed `[r, s]`, a form that only the owner may use.
fn session_of(signed: &Signed<'_>, r: Felt, s: Felt) -> Option<Felt> {
    let own = signed.hashes.iter().take(OWN);
    let fits = |key: &Felt| own.clone().any(|it| it.fits(*key, r, s));
    signed.session_keys.iter().copied().find(fits)
}

/// Finds the order of the felts if a session's signature has them in a wrong one, and the session's key.
fn misordered(signed: &Signed<'_>) -> Option<(Felt, &'static str)> {
    let own = signed.hashes.first()?;
    ORDERS.iter().find_map(|(order, places)| {
        let [key, r, s, end] = places.map(|it| signed.signature.get(it).copied());
        let (key, r, s) = (key?, r?, s?);
        (u64::try_from(end?).is_ok() && own.fits(key, r, s)).then_some((key, *order))
    })
}

fn fit_of(hashes: &[Candidate], key: Felt, r: Felt, s: Felt, who: &str) -> Option<String> {
    let found = hashes.iter().find(|it| it.fits(key, r, s));
    if let Some(Candidate { hash, what }) = found {
        return Some(format!("the signature of {who} fits the hash {hash:#x}: {what}"));
    }
    let swapped = hashes.iter().find(|it| it.fits(key, s, r))?;
    Some(format!("the signature of {who} fits the hash {:#x} with r and s swapped", swapped.hash))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use session_client::{Caller, OutsideExecution};
    use starknet_rust::signers::SigningKey;

    use super::super::super::names::Names;
    use super::super::hashes::of_outside_execution;
    use super::*;

    const ACCOUNT: Felt = Felt::ONE;
    const END: Felt = Felt::from_hex_unchecked("0x70000000");

    /// Returns what is told of a signature by `key` over an outside execution's own hash, and who signed.
    fn told(
        rule: Rule,
        key: &SigningKey,
        felts: impl Fn(Felt, Felt) -> Vec<Felt>,
    ) -> (Option<String>, Signer) {
        let execution = OutsideExecution {
            caller: Caller::Any,
            nonce: Felt::TWO,
            execute_after: 1,
            execute_before: 2_000_000_000,
            calls: Vec::new(),
        };
        let chain = short_string("SN_SEPOLIA");
        let hashes = of_outside_execution(&execution, ACCOUNT, chain);
        let made = key.sign(&hashes[0].hash).unwrap();
        let signature = felts(made.r, made.s);
        let signed = Signed {
            kind: Kind::Outside,
            account: ACCOUNT,
            calls: &[],
            signature: &signature,
            max_fee: None,
            hashes,
            differences: Vec::new(),
            session_keys: vec![public(&session())],
            names: &Names::default(),
        };
        let owner = Some(public(&owner()));
        (mistake(rule, &signed, owner), signer(&signed, owner))
    }

    fn owner() -> SigningKey {
        SigningKey::from_secret_scalar(Felt::from(77))
    }

    fn session() -> SigningKey {
        SigningKey::from_secret_scalar(Felt::from(99))
    }

    fn public(key: &SigningKey) -> Felt {
        key.verifying_key().scalar()
    }

    #[test]
    fn who_signed_is_found_by_the_key_and_not_by_the_length() {
        let by_session = Signer::Session { session_key: public(&session()) };
        let rule = Rule::OutsideInvalidSignature;
        let (line, who) = told(rule, &session(), |r, s| vec![r, s]);
        assert!(line.unwrap().contains("gave [r, s] as an owner does"));
        assert_eq!(who, by_session);
        let (line, who) = told(rule, &owner(), |r, s| vec![r, s]);
        assert_eq!((line, who), (None, Signer::Owner));
        let stranger = SigningKey::from_secret_scalar(Felt::from(5));
        let (line, who) = told(rule, &stranger, |r, s| vec![r, s]);
        assert_eq!((line, who), (None, Signer::Unknown { felts: 2 }));
        let of_session = |r, s| vec![public(&session()), r, s, END];
        let (line, who) = told(Rule::InvalidSignature, &owner(), of_session);
        assert!(line.unwrap().starts_with("the owner's key signed this"));
        assert_eq!(who, Signer::Owner);
        let (line, who) = told(Rule::InvalidSignature, &stranger, of_session);
        assert_eq!((line, who), (None, Signer::Unknown { felts: 4 }));
        let (line, who) = told(Rule::Expired, &session(), of_session);
        assert_eq!((line, who), (None, by_session));
    }

    #[test]
    fn a_signature_of_another_length_is_told_that_alone() {
        for rule in [Rule::OutsideInvalidSignature, Rule::AccountInvalidSignature] {
            let (line, who) = told(rule, &session(), |r, s| vec![r, s, END]);
            assert!(line.unwrap().ends_with("this one has 3"));
            assert_eq!(who, Signer::Unknown { felts: 3 });
        }
        let envelope = |r, s| vec![short_string(ENVELOPE), END, END, r, s];
        assert_eq!(told(Rule::OutsideInvalidSignature, &owner(), envelope).0, None);
    }

    #[test]
    fn the_owner_s_key_and_other_orders_are_named() {
        let as_session = |r, s| vec![public(&owner()), r, s, END];
        let (line, who) = told(Rule::NotFound, &owner(), as_session);
        assert!(line.unwrap().contains("is the owner's, and no session's"));
        assert_eq!(who, Signer::Owner);
        let key = public(&session());
        let orders = [
            ("[valid_until, session_key, r, s]", ["end", "key", "r", "s"]),
            ("[session_key, valid_until, r, s]", ["key", "end", "r", "s"]),
            ("[r, s, session_key, valid_until]", ["r", "s", "key", "end"]),
        ];
        for (order, felts) in orders {
            let written = |r, s| {
                let felt = |name| match name {
                    "key" => key,
                    "end" => END,
                    "r" => r,
                    _ => s,
                };
                felts.map(felt).to_vec()
            };
            let (line, who) = told(Rule::NotFound, &session(), written);
            assert_eq!(line.unwrap(), format!("the signature is {order}: {SESSIONS}"));
            assert_eq!(who, Signer::Session { session_key: key });
        }
    }
}
