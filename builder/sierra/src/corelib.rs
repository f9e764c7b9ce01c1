//! Cairo's core library, which no crate carries: npm's `wasm-cairo` holds it as plain text.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io::Read};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha512};

use crate::wasm;

const PACKAGE: &str = "wasm-cairo@0.10.2";
const ARCHIVE: &str = "wasm-cairo-0.10.2.tgz";
const MODULE: &str = "package/wasm-cairo_bg.wasm";
/// As npm's lock files write it: SHA-512 of the archive, in base64.
const INTEGRITY: &str =
    "EstsXzGx11dzg+77k8e4c1w/cGXnPsjMVwrp4VmjTxT3adfvBV9eKLHO9cU2tfB4XJKX6HVBjGWYjqZ+7WCCkA==";
const FILES: usize = 123;

/// Lays the core library out below `cache` and returns its source folder. Takes the package from
/// npm's registry the first time.
///
/// # Errors
/// When npm is missing or cannot reach its registry, and when the package is not the very one that
/// this build was made for.
pub fn unpack(cache: &Path) -> Result<PathBuf> {
    fs::create_dir_all(cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let archive = cache.join(ARCHIVE);
    if !archive.exists() {
        download(cache)?;
    }
    let bytes = fs::read(&archive)?;
    let found = STANDARD.encode(Sha512::digest(&bytes));
    if found != INTEGRITY {
        bail!(
            "{} is not the {PACKAGE} that this build was made for: its SHA-512 is {found}, not \
             {INTEGRITY}. Remove it and run again",
            archive.display()
        );
    }

    let files = wasm::cairo_files(&module(&bytes)?)?;
    ensure!(files.len() == FILES, "{PACKAGE} holds {} files, not {FILES}", files.len());
    let root = cache.join("corelib");
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().context("a file needs a folder")?)?;
        fs::write(path, text)?;
    }
    Ok(root)
}

fn download(cache: &Path) -> Result<()> {
    let output = Command::new("npm")
        .args(["pack", "--silent", PACKAGE])
        .current_dir(cache)
        .output()
        .context("cannot run npm, which brings Cairo's core library: install Node.js")?;
    ensure!(
        output.status.success(),
        "npm pack {PACKAGE} failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

fn module(archive: &[u8]) -> Result<Vec<u8>> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()?.as_ref() == Path::new(MODULE) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    bail!("{PACKAGE} has no {MODULE}")
}
