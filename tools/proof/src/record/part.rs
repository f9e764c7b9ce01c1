//! The parts of the record, and the files on which each depends.

use std::fmt;

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Each defence taken out of the contract
    Mutants,
    /// Many random operations against a model of the account
    Model,
    /// The Cairo tests
    Snforge,
}

impl Part {
    /// Returns the files and folders on which the result of the part depends: the contract, and the tests
    /// that run on it.
    pub fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Mutants => &[
                "Cargo.lock",
                "contracts/src",
                "harness/client/src",
                "harness/devnet/src",
                "harness/tests/model",
                "harness/tests/rules",
                "harness/tests/src",
                "mocks/src",
                "tools/builder/sierra/Cargo.lock",
                "tools/builder/sierra/src",
                "tools/builder/src",
                "tools/proof/mutants.toml",
                "tools/proof/src/mutants",
                "tools/proof/src/mutants.rs",
            ],
            Self::Model => &[
                "Cargo.lock",
                "contracts/src",
                "harness/client/src",
                "harness/devnet/src",
                "harness/tests/model",
                "harness/tests/src",
                "mocks/src",
            ],
            // snforge runs in a copy too, whose manifests name other places for the dependencies: so
            // the manifests are not compared, and the tools' versions stand in the record.
            Self::Snforge => {
                &["contracts/src", "mocks/src", "presets/openzeppelin/src", "tests/src"]
            }
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mutants => "mutants",
            Self::Model => "model",
            Self::Snforge => "snforge",
        })
    }
}
