//! What is asked of people: passwords, without echo, and whether to go on.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

use super::exit::Failure;
use super::terminal::say;

/// Passwords are shorter.
const MAX_BYTES: u64 = 4_096;
/// The exit code of what Ctrl-C ends.
#[cfg(unix)]
const INTERRUPTED: i32 = 130;
/// Held while the terminal hides what is typed.
#[cfg(unix)]
static HIDDEN: Mutex<()> = Mutex::new(());

/// Where a password comes from.
pub struct PasswordSource<'a> {
    /// What it opens, for the prompt.
    pub of: &'a str,
    /// A file that holds it; goes before the environment.
    pub file: Option<&'a Path>,
    /// The environment's names for it.
    pub variables: &'a [&'a str],
}

impl PasswordSource<'_> {
    /// Returns the password, asked for if it is nowhere else.
    pub fn password(&self) -> Result<Zeroizing<String>, Failure> {
        match self.given()? {
            Some(password) => Ok(password),
            None => self.prompt(&format!("Password of {}: ", self.of)),
        }
    }

    /// Returns a new password, asked for twice if it is nowhere else.
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
        Ok(self.variables.iter().find_map(|name| env::var(name).ok()).map(Zeroizing::new))
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

/// Reads what is typed, without echo. Ctrl-C ends the command there too, but not before the terminal
/// shows again what is typed: rpassword raises the signal first, and puts the terminal right afterwards.
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

/// Returns the file's first line.
fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error| Failure::file(path, error);
    let file = File::open(path).map_err(failed)?;
    if is_open_to_others(&file.metadata().map_err(failed)?) {
        say(format!("warning: {}: others can read this password: chmod 600 it", path.display()));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    metadata.is_file() && std::os::unix::fs::MetadataExt::mode(metadata) & 0o077 != 0
}

#[cfg(not(unix))]
const fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

/// Asks whether to go on; nobody there to answer means no.
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
