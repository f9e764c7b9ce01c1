//! Provides Cairo's core library. None of StarkWare's crates contains it, but the crate `cairo-native`
//! contains it as plain files. Nothing of that crate is compiled, and none of its dependencies is
//! downloaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use tar::Archive;

const PACKAGE: &str = "cairo-native@0.9.0-rc.2";
const ARCHIVE: &str = "cairo-native-0.9.0-rc.2.crate";
/// The SHA-256 of the archive, which cargo's lock files also contain.
const CHECKSUM: &str = "ece8a402b2f5699cf57c237124d3b9f2eaeea293f690b374828a66a2294d4fbc";
/// The folder of the core library in the archive. Its version is 2.16.0, which differs from 2.16.1 only in
/// version numbers.
const FOLDER: &str = "cairo-native-0.9.0-rc.2/corelib/src";

/// The core library's files, unpacked for one build and removed when this is dropped. Files of earlier
/// builds are not trusted.
pub struct Corelib {
    root: PathBuf,
}

impl Corelib {
    /// Unpacks the library below `cache`. The package comes from cargo's own cache; cargo downloads it if
    /// it is not there.
    ///
    /// # Errors
    /// Fails if cargo cannot reach its registry, or if the package's checksum is not [`CHECKSUM`].
    pub fn unpack(cache: &Path) -> Result<Self> {
        let package = package()?;
        let found = format!("{:x}", Sha256::digest(&package));
        ensure!(
            found == CHECKSUM,
            "{ARCHIVE} is not the package that this build was made for: its SHA-256 is {found}, not \
             {CHECKSUM}. Remove it from cargo's cache and run again"
        );
        let corelib = Self { root: cache.join(format!("corelib.{}", std::process::id())) };
        for entry in Archive::new(GzDecoder::new(package.as_slice())).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            if let Ok(name) = path.strip_prefix(FOLDER)
                && entry.header().entry_type().is_file()
            {
                let file = corelib.root.join(name);
                fs::create_dir_all(file.parent().context("a file has a folder")?)
                    .and_then(|()| entry.unpack(&file))
                    .with_context(|| format!("cannot write {}", file.display()))?;
            }
        }
        Ok(corelib)
    }

    /// Returns the folder of its `lib.cairo`.
    pub fn source(&self) -> &Path {
        &self.root
    }
}

impl Drop for Corelib {
    fn drop(&mut self) {
        // Files that cannot be removed are not used by the next build either.
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Returns the bytes of the package from cargo's cache, after cargo has downloaded it.
fn package() -> Result<Vec<u8>> {
    if let Some(path) = cached()? {
        return fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    }
    // `cargo info` downloads exactly the package that it shows. It runs outside of any workspace, whose
    // lock file could select another version.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["info", "--quiet", "--registry", "crates-io", PACKAGE])
        .current_dir(std::env::temp_dir())
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "cargo cannot download {PACKAGE}, which holds Cairo's core library: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let Some(path) = cached()? else {
        bail!("cargo downloaded {PACKAGE}, but {ARCHIVE} is not in its cache");
    };
    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Finds the package in cargo's cache, which has a folder for each registry.
fn cached() -> Result<Option<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME").filter(|it| !it.is_empty()).map(PathBuf::from);
    let home = home
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .context("neither CARGO_HOME nor a home folder is set")?;
    let Ok(registries) = fs::read_dir(home.join("registry/cache")) else {
        return Ok(None);
    };
    for registry in registries {
        let path = registry?.path().join(ARCHIVE);
        if path.exists() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
