//! Reads paths as people write them, and writes new files there. `~` stands for the home directory wherever a
//! path is taken, since a shell expands it only at the beginning of a word, and so not in
//! `--keystore=~/key.json`.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use serde::Serialize;

use super::exit::Failure;
use crate::files;

/// Returns a parser for a path on the command line.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(expanded)
}

/// A path to a new file, where there was nothing: what stands at a path may be the only copy of a key.
pub struct Vacant<'a> {
    path: &'a Path,
    /// What to do if there is a file.
    remedy: &'static str,
}

impl<'a> Vacant<'a> {
    /// Refuses a `path` where there is something. Call this before anybody is asked for a password.
    pub fn new(path: &'a Path, remedy: &'static str) -> Result<Self, Failure> {
        let vacant = Self { path, remedy };
        // This finds a link that leads nowhere too.
        if path.symlink_metadata().is_ok() { Err(vacant.taken()) } else { Ok(vacant) }
    }

    /// Writes `content` as JSON into the new file, which only the user can read.
    pub fn write(&self, content: &impl Serialize) -> Result<(), Failure> {
        let failed = |error: &dyn fmt::Display| Failure::file(self.path, error);
        let mut json = serde_json::to_vec_pretty(content).map_err(|error| failed(&error))?;
        json.push(b'\n');
        files::create_private(self.path, &json).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => self.taken(),
            _ => failed(&error),
        })
    }

    fn taken(&self) -> Failure {
        let what = format!("{}: there is a file, which stays as it is", self.path.display());
        Failure::usage(what, self.remedy)
    }
}

/// Replaces a `~` that is the first part of `path` by the home directory.
pub fn expanded(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), home()) {
        (Ok(rest), Some(home)) if rest.as_os_str().is_empty() => home,
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// Returns the path `text`, which a file in `folder` names relative to that folder.
pub fn written_in(folder: &Path, text: &str) -> PathBuf {
    folder.join(expanded(text.into()))
}

/// Returns the home directory, if there is one.
pub fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|it| !it.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_directory_stands_first_or_nowhere() {
        let home = home().unwrap_or_else(|| "~".into());
        for (text, path) in [("~", home.clone()), ("~/a/b", home.join("a/b"))] {
            assert_eq!(expanded(text.into()), path);
        }
        for text in ["", "a/~", "/~/a", "~other/a", "a"] {
            assert_eq!(expanded(text.into()), Path::new(text));
        }
        assert_eq!(written_in(Path::new("/f"), "a"), Path::new("/f/a"));
        assert_eq!(written_in(Path::new("/f"), "/a"), Path::new("/a"));
    }
}
