//! Asks people: for passwords, without echo, and whether to go on.

use std::fs;
use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

use session_client::files::decode;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

use super::environment;
use super::exit::Failure;
use super::terminal::say;

/// How many bytes of a password file are read; no password is longer.
const MAX_BYTES: u64 = 4_096;
/// The exit code of a command that Ctrl-C ends.
#[cfg(unix)]
const INTERRUPTED: i32 = 130;
/// This lock is held while the terminal does not show what is typed.
#[cfg(unix)]
static HIDDEN: Mutex<()> = Mutex::new(());

/// The places where a password may be given.
pub struct PasswordSource<'a> {
    /// What the password opens; the prompt shows it.
    pub of: &'a str,
    /// A file that holds the password. It counts before the environment.
    pub file: Option<&'a Path>,
    /// The environment variables that may hold the password.
    pub variables: &'a [&'a str],
}

impl PasswordSource<'_> {
    /// Returns the password, and asks for it if neither the file nor the environment has it.
    pub fn password(&self) -> Result<Zeroizing<String>, Failure> {
        match self.given()? {
            Some(password) => Ok(password),
            None => self.prompt(&format!("Password of {}: ", self.of)),
        }
    }

    /// Returns a new password, and asks for it twice if neither the file nor the environment has it.
    pub fn new_password(&self) -> Result<Zeroizing<String>, Failure> {
        let password = match self.given()? {
            Some(password) => password,
            None => {
                let password = self.prompt(&format!("New password for {}: ", self.of))?;
                if *password != *self.prompt("The same again: ")? {
                    return Err(Failure::usage("the two passwords differ", "try again"));
                }
                password
            }
        };
        if password.is_empty() {
            return Err(Failure::usage(
                format!("an empty password does not protect {}", self.of),
                "choose one",
            ));
        }
        Ok(password)
    }

    fn given(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        if let Some(path) = self.file {
            return read(path).map(Some);
        }
        Ok(self.variables.iter().find_map(|name| environment::variable(name)).map(Zeroizing::new))
    }

    fn prompt(&self, text: &str) -> Result<Zeroizing<String>, Failure> {
        if !io::stdin().is_terminal() {
            return Err(Failure::usage(
                format!("there is nobody to ask for the password of {}", self.of),
                format!("name a file that holds it, or set {}", self.variables[0]),
            ));
        }
        hidden(text)
            .map(Zeroizing::new)
            .map_err(|error| Failure::usage(format!("no password: {error}"), "try again"))
    }
}

/// Reads what is typed, without echo. Ctrl-C ends the command here too, but only after the terminal shows
/// again what is typed: rpassword raises the signal first and restores the terminal afterwards.
#[cfg(unix)]
fn hidden(prompt: &str) -> io::Result<String> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let hidden = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    let typed = rpassword::prompt_password(prompt);
    if matches!(&typed, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
        std::process::exit(INTERRUPTED);
    }
    drop(hidden);
    tokio::spawn(async move {
        interrupts.recv().await;
        let _shown = HIDDEN.lock();
        std::process::exit(INTERRUPTED)
    });
    typed
}

#[cfg(not(unix))]
fn hidden(prompt: &str) -> io::Result<String> {
    rpassword::prompt_password(prompt)
}

/// Returns the file's first line, in the encodings that editors and shells write.
fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error| Failure::file(path, error);
    warn_if_open(path, "this password");
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes))
        .map_err(failed)?;
    let text = decode(&bytes).ok_or_else(|| {
        Failure::file(path, "it is no text in UTF-8, or in UTF-16 with a byte order mark")
    })?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// Warns if other users than its owner can read the file at `path`, which holds `what`.
pub fn warn_if_open(path: &Path, what: &str) {
    if fs::metadata(path).is_ok_and(|metadata| is_open_to_others(&metadata)) {
        say(format!("warning: {}: others can read {what}: chmod 600 it", path.display()));
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    metadata.is_file() && std::os::unix::fs::MetadataExt::mode(metadata) & 0o077 != 0
}

#[cfg(not(unix))]
const fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

/// Asks whether to go on. If nobody is there to answer, this counts as no.
pub fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            format!("{question} There is nobody to ask"),
            "if you mean it, give --yes",
        ));
    }
    let mut answer = String::new();
    let asked = write!(io::stderr(), "{question} [y/N] ")
        .and_then(|()| io::stderr().flush())
        .and_then(|()| io::stdin().lock().read_line(&mut answer));
    match (asked, answer.trim()) {
        (Ok(_), "y" | "Y" | "yes") => Ok(()),
        _ => Err(Failure::usage("nothing was sent", "answer y, or give --yes")),
    }
}
