//! New files, which are whole and take nobody's place.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// Moves `draft` to `path`, where there must be no file.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if there is one, and whatever else the system says.
pub fn place(draft: NamedTempFile, path: &Path) -> io::Result<()> {
    match draft.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Err(refused.error),
        Err(refused) => reserve_and_replace(refused.file, path),
    }
}

/// Moves `draft` to `path` where the file system has neither hard links nor a rename that spares
/// what is there, as VirtualBox's shares and some of FUSE's: takes the name with an empty file first,
/// and replaces that one.
fn reserve_and_replace(draft: NamedTempFile, path: &Path) -> io::Result<()> {
    File::create_new(path)?;
    draft.persist(path).map(drop).map_err(|refused| {
        let _ = fs::remove_file(path);
        refused.error
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn with_hard_links_or_without_nothing_is_overwritten_and_no_draft_is_left_over() {
        for way in [place, reserve_and_replace] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("key.json");
            for (text, is_written) in [("first", true), ("second", false)] {
                let draft = NamedTempFile::new_in(folder.path()).unwrap();
                fs::write(draft.path(), text).unwrap();
                let written = way(draft, &path);
                assert_eq!(written.is_ok(), is_written, "{written:?}");
            }
            assert_eq!(fs::read_to_string(&path).unwrap(), "first");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}
