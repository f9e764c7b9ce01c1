//! Reads paths as people write them. `~` stands for the home directory wherever a path is taken, since a
//! shell expands it only at the beginning of a word, and so not in `--keystore=~/key.json`.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

/// Returns a parser for a path on the command line.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(expanded)
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
