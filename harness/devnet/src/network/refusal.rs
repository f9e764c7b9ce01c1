//! What a gateway refuses, and what a node makes of it.

use std::borrow::Cow;

use serde_json::{Value, json};
use starknet_devnet_server::rpc_core::error::{ErrorCode, RpcError};

use super::offer::Offer;
use super::pool::PoolRefusal;

/// In whose codes refusals are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Codes {
    /// Those that a node makes of a gateway's answer: 52, 55 and 63 for nearly everything, with a text.
    #[default]
    Gateway,
    /// Those of the specification that the devnet uses: 28, 51 and 54 too.
    Devnet,
}

/// Why the gateway refuses a transaction. The texts are the gateway's, before they are cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The network is being upgraded, or is halted.
    Closed,
    /// The transaction has another version than 3.
    Version(String),
    /// The bounds of its fee are 0, or below what the gateway looks at.
    MaxFee,
    /// Its class is too large.
    ClassTooLarge,
    /// Its class does not compile.
    Compilation(String),
    /// Its class compiles to another one than it says.
    CompiledHash,
    /// Its nonce is not one that the account can use.
    Nonce(String),
    /// It is in the mempool.
    Duplicate,
    /// The account does not hold what it may cost at most.
    Balance(String),
    /// It needs a class that is not declared.
    UndeclaredClass(String),
    /// It declares a class that is declared.
    DeclaredClass(String),
    /// Its validation fails otherwise.
    Validation(String),
    /// Whatever has no code of its own at a node.
    Other(String),
}

impl Refusal {
    /// Returns what the pool's `refusal` of `offer` comes to.
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

    /// Returns what a node answers.
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
            // The node tells that as its HTTP client does.
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

/// Cleans `text` as the sequencer's HTTP server does: quotes and backticks become `'`, and whatever is
/// not a letter, a digit or one of ` :.,[](){}'_` becomes a space.
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
