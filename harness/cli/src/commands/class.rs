//! The class that commands declare, deploy and compare: the embedded one, or one from files.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use session_client::class::{self, Artifact};

use super::exit::Failure;
use super::paths::path;

/// The flags that choose a class.
#[derive(Args, Debug)]
#[command(next_help_heading = "Class")]
pub struct ClassOptions {
    /// Another class, as compilers write it (*.contract_class.json) [default: the embedded one, to which
    /// the builder and Scarb compile these sources, byte for byte]
    #[arg(long, value_name = "PATH", value_parser = path(), requires = "casm")]
    pub class: Option<PathBuf>,

    /// Its CASM (*.compiled_contract_class.json; Scarb writes it with `casm = true`)
    #[arg(long, value_name = "PATH", value_parser = path(), requires = "class")]
    pub casm: Option<PathBuf>,
}

/// A class, and the compiler that made it.
pub struct Build {
    pub artifact: Artifact,
    pub compiler: String,
    pub sources_sha256: Option<String>,
}

impl ClassOptions {
    pub fn build(&self) -> Result<Build, Failure> {
        let (Some(class), Some(casm)) = (&self.class, &self.casm) else {
            let origin = class::origin()?;
            return Ok(Build {
                artifact: class::session_account()?,
                compiler: origin.compiler,
                sources_sha256: Some(origin.sources_sha256),
            });
        };
        let artifact = class::read(&read(class)?, &read(casm)?).map_err(|error| {
            Failure::usage(error, "give the class and the CASM that one build wrote")
        })?;
        let compiler = format!("that of {}", class.display());
        Ok(Build { artifact, compiler, sources_sha256: None })
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::file(path, error))
}
