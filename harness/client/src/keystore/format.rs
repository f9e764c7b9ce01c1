//! The JSON of Web3 Secret Storage, as starkli, sncast and other tools write it: ethers writes `Crypto`
//! with a capital, some tools leave out `id` or put `0x` before hexadecimal digits, and eth-keyfile leaves
//! out the leading zeros of an `iv`.

use serde_json::{Map, Value, json};

use super::cipher::{BYTES, Derivation, IV_BYTES};

/// The bound on scrypt's `128 * n * r * p`, in bytes: 8 times that of the keystores written here.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
/// The most rounds of PBKDF2: 38 times geth's.
const MAX_PBKDF2_ROUNDS: u64 = 10_000_000;
/// The longest salt that is read.
const MAX_SALT_BYTES: usize = 1_024;

/// An encrypted key, with all that decrypting it takes but the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    pub derivation: Derivation,
    pub salt: Vec<u8>,
    pub iv: [u8; IV_BYTES],
    pub text: [u8; BYTES],
    pub check_sum: [u8; BYTES],
}

impl Encrypted {
    /// Reads the JSON `text` of a keystore.
    ///
    /// # Errors
    /// A message that names the field which is missing or has a wrong value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| "it is no JSON keystore".to_owned())?;
        if field(&file, "version")?.as_u64() != Some(3) {
            return Err("its `version` is not 3".to_owned());
        }
        let crypto = object(&file, "crypto")?;
        if !text_of(crypto, "cipher")?.eq_ignore_ascii_case("aes-128-ctr") {
            return Err("its `cipher` is not aes-128-ctr".to_owned());
        }
        let iv = bytes(object(crypto, "cipherparams")?, "iv", IV_BYTES)?;
        // An `iv` with fewer digits is the same number without its leading zeros.
        let mut padded = [0; IV_BYTES];
        if iv.is_empty() {
            return Err("its `iv` is empty".to_owned());
        }
        padded[IV_BYTES - iv.len()..].copy_from_slice(&iv);
        let params = object(crypto, "kdfparams")?;
        Ok(Self {
            derivation: derivation(text_of(crypto, "kdf")?, params)?,
            salt: bytes(params, "salt", MAX_SALT_BYTES)?,
            iv: padded,
            text: exactly(crypto, "ciphertext")?,
            check_sum: exactly(crypto, "mac")?,
        })
    }

    /// Writes the keystore as JSON, with a random `id`, which starkli and sncast require.
    pub fn to_json(&self) -> Value {
        let (kdf, params) = match self.derivation {
            Derivation::Scrypt { log_n, r, p } => {
                let n = 1_u64 << log_n;
                let params =
                    json!({ "dklen": BYTES, "n": n, "r": r, "p": p, "salt": hex(&self.salt) });
                ("scrypt", params)
            }
            Derivation::Pbkdf2 { rounds } => {
                let salt = hex(&self.salt);
                let params =
                    json!({ "dklen": BYTES, "c": rounds, "prf": "hmac-sha256", "salt": salt });
                ("pbkdf2", params)
            }
        };
        json!({
            "version": 3,
            "id": random_id(),
            "crypto": {
                "cipher": "aes-128-ctr",
                "cipherparams": { "iv": hex(&self.iv) },
                "ciphertext": hex(&self.text),
                "kdf": kdf,
                "kdfparams": params,
                "mac": hex(&self.check_sum),
            },
        })
    }
}

fn derivation(kdf: &str, params: &Map<String, Value>) -> Result<Derivation, String> {
    let number = |name: &str| {
        let number = field(params, name)?.as_u64();
        number.ok_or_else(|| format!("its `{name}` is no number"))
    };
    if number("dklen")? != BYTES as u64 {
        return Err("its `dklen` is not 32".to_owned());
    }
    let beyond = |name: &str| format!("its key derivation has parameters out of range: `{name}`");
    match kdf.to_ascii_lowercase().as_str() {
        "scrypt" => {
            let (n, r, p) = (number("n")?, number("r")?, number("p")?);
            let cost = [n, r, p].into_iter().fold(128, u64::saturating_mul);
            if !n.is_power_of_two() || n < 2 || !(1..=MAX_SCRYPT_BYTES).contains(&cost) {
                return Err(beyond("n"));
            }
            let log_n = n.trailing_zeros().try_into().map_err(|_| beyond("n"))?;
            let r = r.try_into().map_err(|_| beyond("r"))?;
            let p = p.try_into().map_err(|_| beyond("p"))?;
            Ok(Derivation::Scrypt { log_n, r, p })
        }
        "pbkdf2" => {
            if !text_of(params, "prf")?.eq_ignore_ascii_case("hmac-sha256") {
                return Err("its `prf` is not hmac-sha256".to_owned());
            }
            let rounds = Some(number("c")?).filter(|it| (1..=MAX_PBKDF2_ROUNDS).contains(it));
            let rounds = rounds.and_then(|it| it.try_into().ok()).ok_or_else(|| beyond("c"))?;
            Ok(Derivation::Pbkdf2 { rounds })
        }
        _ => Err("its `kdf` is neither scrypt nor pbkdf2".to_owned()),
    }
}

/// Returns the field `name`, in whatever case the file writes it.
fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Value, String> {
    let is_it = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
    let found = object.iter().find(is_it);
    found.map(|(_, value)| value).ok_or_else(|| format!("it has no `{name}`"))
}

fn object<'a>(of: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, String> {
    field(of, name)?.as_object().ok_or_else(|| format!("its `{name}` is no object"))
}

fn text_of<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    field(object, name)?.as_str().ok_or_else(|| format!("its `{name}` is no text"))
}

/// Reads hexadecimal digits, with or without `0x`, of at most `most` bytes.
fn bytes(object: &Map<String, Value>, name: &str, most: usize) -> Result<Vec<u8>, String> {
    let text = text_of(object, name)?;
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let is_even = digits.len().is_multiple_of(2);
    let digits = if is_even { digits.to_owned() } else { format!("0{digits}") };
    if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Err(format!("its `{name}` is not hexadecimal"));
    }
    if digits.len() > 2 * most {
        return Err(format!("its `{name}` is longer than {most} bytes"));
    }
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap_or_default();
    Ok((0..digits.len()).step_by(2).map(byte).collect())
}

fn exactly(object: &Map<String, Value>, name: &str) -> Result<[u8; BYTES], String> {
    let found = bytes(object, name, BYTES)?;
    found.try_into().map_err(|_| format!("its `{name}` is not of {BYTES} bytes"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a random UUID (version 4).
fn random_id() -> String {
    let mut id: [u8; 16] = rand::random();
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    let digits = hex(&id);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}
