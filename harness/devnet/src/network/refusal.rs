//! The refusals of the simulated gateway, and the errors that a node answers for them.

use std::borrow::Cow;

use serde_json::{Value, json};
use starknet_devnet_server::rpc_core::error::{ErrorCode, RpcError};

use super::offer::Offer;
use super::pool::PoolRefusal;

/// Which error codes a node answers for a gateway's refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Codes {
    /// The codes of real nodes: 52, 55 or 63 with a text, for nearly every refusal.
    #[default]
    Gateway,
    /// The devnet's codes, which include 28, 51 and 54.
    Devnet,
}

/// Why the gateway refuses a transaction. The texts are the gateway's, before special characters are
/// replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The gateway is closed: the network is being upgraded, or is halted.
    Closed,
    /// The transaction has another version than 3.
    Version(String),
    /// The fee bounds are 0, or the price bound of L2 gas is below the gateway's lowest one.
    MaxFee,
    /// Its class is too large.
    ClassTooLarge,
    /// Its class does not compile.
    Compilation(String),
    /// The class compiles to another compiled class hash than the declaration says.
    CompiledHash,
    /// Its nonce is not one that the account can use.
    Nonce(String),
    /// The same transaction is in the mempool already.
    Duplicate,
    /// The account's balance is below the most that the transaction may cost.
    Balance(String),
    /// The transaction needs a class that is not declared.
    UndeclaredClass(String),
    /// The transaction declares a class that is declared already.
    DeclaredClass(String),
    /// The transaction's validation fails for another reason.
    Validation(String),
    /// Any refusal for which a node has no code.
    Other(String),
}

impl Refusal {
    /// Converts the mempool's `refusal` of `offer`.
    pub fn of_pool(refusal: PoolRefusal, offer: &Offer) -> Self {
        let Offer { sender, nonce, .. } = offer;
        let of = |name: &str| {
            format!(
                "{name} {{ address: ContractAddress(PatriciaKey({sender:#x})), nonce: \
                 Nonce({nonce}) }}"
            )
        };
        match refusal {
            PoolRefusal::Duplicate => Self::Duplicate,
            PoolRefusal::NonceTooOld => Self::Nonce(of("NonceTooOld")),
            PoolRefusal::DuplicateNonce => Self::Nonce(of("DuplicateNonce")),
        }
    }

    /// Returns the error that a node answers.
    pub fn answered(self, codes: Codes) -> RpcError {
        let by_devnet = codes == Codes::Devnet;
        let (code, data) = match self {
            Self::Nonce(text) => (52, Some(text)),
            Self::MaxFee => (53, None),
            Self::Balance(_) if by_devnet => (54, None),
            Self::UndeclaredClass(_) if by_devnet => (28, None),
            Self::DeclaredClass(_) if by_devnet => (51, None),
            Self::Balance(text)
            | Self::UndeclaredClass(text)
            | Self::DeclaredClass(text)
            | Self::Validation(text) => (55, Some(text)),
            Self::Compilation(text) => (56, Some(text)),
            Self::ClassTooLarge => (57, None),
            Self::Duplicate => (59, None),
            Self::CompiledHash => (60, None),
            Self::Version(_) => (61, None),
            // The node answers with the text of its HTTP client's error.
            Self::Closed => (63, Some("HTTP error 503: Server unavailable.".to_owned())),
            Self::Other(text) => (63, Some(text)),
        };
        let clean = |text: String| if by_devnet { text } else { cleaned(&text) };
        error(code, data.map(|text| json!(clean(text))))
    }
}

/// Returns the error of the specification's `code`, with its message.
pub fn error(code: i64, data: Option<Value>) -> RpcError {
    let message = match code {
        20 => "Contract not found",
        24 => "Block not found",
        28 => "Class hash not found",
        29 => "Transaction hash not found",
        51 => "Class already declared",
        52 => "Invalid transaction nonce",
        53 => "The transaction's resources don't cover validation or the minimal transaction fee",
        54 => {
            "Account balance is smaller than the transaction's maximal fee (calculated as the sum of \
             each resource's limit x max price)"
        }
        55 => "Account validation failed",
        56 => "Compilation failed",
        57 => "Contract class size is too large",
        59 => "A transaction with the same hash already exists in the mempool",
        60 => "the compiled class hash did not match the one supplied in the transaction",
        61 => "the transaction version is not supported",
        _ => "An unexpected error occurred",
    };
    RpcError { code: ErrorCode::ServerError(code), message: Cow::Borrowed(message), data }
}

/// Replaces special characters as the sequencer's HTTP server does: quotes and backticks become `'`, and
/// any other character that is no ASCII letter, no digit and none of ` :.,[](){}'_` becomes a space.
pub fn cleaned(text: &str) -> String {
    text.chars()
        .map(|it| match it {
            '"' | '`' => '\'',
            it if it.is_ascii_alphanumeric() || " :.,[](){}'_".contains(it) => it,
            _ => ' ',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cleaned_as_the_sequencers_http_server_does() {
        assert_eq!(
            cleaned("Expected: 5 <= nonce <= 205, got: 4."),
            "Expected: 5    nonce    205, got: 4."
        );
        assert_eq!(
            cleaned("The `validate` entry point should return `VALID`. Got \"0x0\"\n"),
            "The 'validate' entry point should return 'VALID'. Got '0x0' "
        );
    }

    #[test]
    fn a_gateway_tells_by_55_what_the_devnet_has_codes_for() {
        for (refusal, code) in [
            (Refusal::Balance(String::new()), 54),
            (Refusal::UndeclaredClass(String::new()), 28),
            (Refusal::DeclaredClass(String::new()), 51),
        ] {
            let told = refusal.clone().answered(Codes::Gateway);
            assert_eq!(told.code, ErrorCode::ServerError(55));
            assert_eq!(refusal.answered(Codes::Devnet).code, ErrorCode::ServerError(code));
        }
    }
}
