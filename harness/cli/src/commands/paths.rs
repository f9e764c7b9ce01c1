//! Paths as people write them: `~` is the home directory, wherever a path is taken. A shell expands it only
//! at the beginning of a word, so not in `--keystore=~/key.json`.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

/// Reads a path that is typed.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(expanded)
}

/// Puts the home directory in the place of a `~` that is the first part of `path`.
pub fn expanded(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), home()) {
        (Ok(rest), Some(home)) if rest.as_os_str().is_empty() => home,
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// Returns the path `text` that stands in a file in `folder`.
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
