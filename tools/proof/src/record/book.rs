//! The file `docs/record.json`: what the last run of each part showed.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::model::Counts;
use super::snforge::Suites;
use super::state::State;
use crate::mutants::Tally;

const FILE: &str = "docs/record.json";

/// The tools with which a run was made, and their versions.
pub type Tools = BTreeMap<String, String>;

/// The last run of each part; failed runs are not recorded.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    pub mutants: Option<Entry<Tally>>,
    pub model: Option<Entry<Counts>>,
    pub snforge: Option<Entry<Suites>>,
}

/// A run of a part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry<T> {
    /// When the run ended, in UTC.
    pub date: String,
    #[serde(flatten)]
    pub origin: State,
    pub tools: Tools,
    pub seed: u64,
    pub seconds: u64,
    pub counts: T,
}

impl<T> Entry<T> {
    /// Returns the entry of a run that began at `start` and ends now.
    pub fn new(origin: &State, start: Instant, seed: u64, tools: Tools, counts: T) -> Self {
        let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let seconds = start.elapsed().as_secs();
        Self { date, origin: origin.clone(), tools, seed, seconds, counts }
    }

    /// Returns the date of the run, and the state of its sources.
    pub fn origin(&self) -> (&str, &State) {
        (&self.date, &self.origin)
    }
}

impl Book {
    /// Reads the file. If there is none, nothing was recorded yet.
    pub fn read() -> Result<Self> {
        match fs::read(builder::repository()?.join(FILE)) {
            Ok(json) => serde_json::from_slice(&json).context(FILE),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).context(FILE),
        }
    }

    pub fn write(&self) -> Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        fs::write(builder::repository()?.join(FILE), json).context(FILE)?;
        println!("wrote {FILE}");
        Ok(())
    }
}
