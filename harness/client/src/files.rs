//! Creates new files without overwriting others, and decodes text files that other tools wrote.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// Decodes a text file: UTF-8 with or without a byte order mark, or UTF-16 with one. Returns `None` if it
/// is none of these.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units = Zeroizing::new(pairs.iter().map(|it| unit(*it)).collect::<Vec<_>>());
        rest.is_empty().then(|| String::from_utf16(&units).ok()).flatten()
    };
    let text = match bytes {
        [0xef, 0xbb, 0xbf, text @ ..] => str::from_utf8(text).ok().map(str::to_owned),
        [0xff, 0xfe, text @ ..] => wide(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => wide(text, u16::from_be_bytes),
        text => str::from_utf8(text).ok().map(str::to_owned),
    };
    text.map(Zeroizing::new)
}

/// Moves `draft` to `path`, where there must be no file.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if there is a file at `path`, and any other error of the file system.
pub fn place(draft: NamedTempFile, path: &Path) -> io::Result<()> {
    match draft.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Err(refused.error),
        Err(refused) => reserve_and_replace(refused.file, path),
    }
}

/// Moves `draft` to `path` on a file system that has neither hard links nor a rename that refuses to
/// overwrite, such as VirtualBox's shares and some of FUSE's. It creates an empty file at `path` first,
/// which fails if there is one, and then replaces that file.
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
    fn a_text_is_read_with_or_without_a_mark_and_in_wide_letters_with_one() {
        let text = "pässword\r\n";
        let wide = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<_>>()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            wide(u16::to_le_bytes, [0xff, 0xfe]),
            wide(u16::to_be_bytes, [0xfe, 0xff]),
        ] {
            assert_eq!(decode(&bytes).unwrap().as_str(), text);
        }
        for wrong in [&[0xff, 0xfe, 0x41][..], &[0xff, 0xfe, 0x00, 0xd8], &[0xc3]] {
            assert_eq!(decode(wrong), None);
        }
    }

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
