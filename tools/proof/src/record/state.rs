//! The state of the repository in which a run is made, and whether a record's sources are the present ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use session_client::class;

use super::book::Tools;
use super::part::Part;

/// The crates whose versions can change a run: they execute the class, or generate operations.
const CRATES: [&str; 3] = ["blockifier", "proptest", "starknet-devnet-core"];

/// The state of the sources of a part's run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub commit: String,
    pub class_hash: String,
    /// The digest of `sources`, as [`builder::digest_of_code`] computes it.
    pub code_sha256: String,
    sources: Vec<String>,
}

impl State {
    /// Reads the state for `part`. Fails if files on which `part` depends are not committed, or if the
    /// committed class was not compiled from the contract's sources.
    pub fn of(part: Part) -> Result<Self> {
        let root = builder::repository()?;
        let sources = part.sources();
        let changes = git(&[&["status", "--porcelain", "--"], sources].concat())?;
        ensure!(changes.is_empty(), "commit first what it depends on:\n{changes}");
        ensure!(
            builder::digest(&root, &["contracts/src"])? == class::origin()?.sources_sha256,
            "artifacts/ is not of these contracts: run `cargo run -p builder`"
        );
        Ok(Self {
            commit: git(&["rev-parse", "HEAD"])?,
            class_hash: format!("{:#066x}", class::session_account()?.class_hash),
            code_sha256: builder::digest_of_code(&root, sources)?,
            sources: sources.iter().map(ToString::to_string).collect(),
        })
    }

    /// Fails unless `folder` has the same sources.
    pub fn is_in(&self, folder: &Path) -> Result<()> {
        let sources: Vec<_> = self.sources.iter().map(String::as_str).collect();
        ensure!(
            builder::digest_of_code(folder, &sources)? == self.code_sha256,
            "{} does not hold the sources that are here: {}",
            folder.display(),
            sources.join(", ")
        );
        Ok(())
    }
}

/// Describes whether the record of `part` was made with the present sources.
pub fn age(part: Part, recorded: Option<(&str, &State)>) -> Result<String> {
    let Some((date, state)) = recorded else {
        return Ok(format!("never recorded: run `cargo run -p proof -- record --only {part}`"));
    };
    let sources = part.sources();
    let recorded = format!("recorded {date} at {}", short(&state.commit));
    let class_hash = format!("{:#066x}", class::session_account()?.class_hash);
    let code = builder::digest_of_code(&builder::repository()?, sources)?;
    if code == state.code_sha256 && class_hash == state.class_hash {
        return Ok(format!("{recorded}, of the code as it is"));
    }
    // A clone without history does not contain the commit.
    let changed = git(&[&["diff", "--name-only", &state.commit, "--"], sources].concat());
    let changed = match &changed {
        Ok(names) if !names.is_empty() => format!(
            ": {} files changed since: {}",
            names.lines().count(),
            names.lines().collect::<Vec<_>>().join(", ")
        ),
        _ => String::new(),
    };
    let class = if class_hash == state.class_hash {
        "the class is the same"
    } else {
        "THE CLASS IS ANOTHER"
    };
    Ok(format!("{recorded}, OLDER than the code ({class}){changed}"))
}

/// Returns the first characters of a commit's hash.
pub fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// Returns the tools with which the Rust tests are built and run, with their versions.
pub fn rust_tools() -> Result<Tools> {
    let lock = fs::read_to_string(builder::repository()?.join("Cargo.lock"))?;
    let Lock { package } = toml::from_str(&lock).context("Cargo.lock")?;
    let mut tools: BTreeMap<_, _> = package
        .into_iter()
        .filter(|it| CRATES.contains(&it.name.as_str()))
        .map(|it| (it.name, it.version))
        .collect();
    for tool in
        [output(Command::new("rustc").arg("--version"))?.as_str(), builder::sierra::COMPILER]
    {
        let (name, version) = tool.split_once(' ').context("a tool has a name and a version")?;
        tools.insert(name.to_owned(), version.to_owned());
    }
    Ok(tools)
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

fn git(arguments: &[&str]) -> Result<String> {
    output(Command::new("git").current_dir(builder::repository()?).args(arguments))
}

/// Runs `command` and returns its output.
fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
