//! `owner create`: a new owner's key, in a keystore.

use std::path::PathBuf;

use clap::Args;
use session_client::keystore;
use starknet_rust::signers::SigningKey;

use crate::commands::answer::{Answer, Outcome, Printer};
use crate::commands::exit::Failure;
use crate::commands::keys::owner_password;
use crate::commands::options::Globals;
use crate::commands::paths::{Vacant, path};

/// Make an owner's key and store it in a new keystore, encrypted
///
/// The command sends nothing. Give the public key to `deploy`, or to `owner hand-over`, to make this key an
/// account's owner.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness owner create owner.json")]
pub struct Create {
    /// The keystore to write
    #[arg(value_name = "FILE", value_parser = path())]
    keystore: PathBuf,

    /// A file with the keystore's password [env, with the password itself: STARKNET_KEYSTORE_PASSWORD; else
    /// it is asked for]
    #[arg(long, value_name = "PATH", value_parser = path())]
    password_file: Option<PathBuf>,
}

impl Create {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let path = self.keystore;
        let of = path.display().to_string();
        // This comes before anybody is asked for a password.
        Vacant::new(&path, "choose another path: keys are never overwritten")?;
        let password = owner_password(&of, self.password_file.as_deref()).new_password()?;
        let key = SigningKey::from_random();
        keystore::write(&path, &key, &password)?;
        let answer = Answer::new("created").was(Outcome::Done).with("keystore", of);
        Printer { json: globals.json }
            .print(answer.felt("public_key", key.verifying_key().scalar()))
    }
}
