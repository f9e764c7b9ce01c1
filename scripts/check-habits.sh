#!/usr/bin/env bash
# Checks the spelling of every word here, and the licences and origins of every crate that this is built from,
# each where its tool is installed: `cargo install typos-cli cargo-deny`.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v typos >/dev/null; then
    typos
    echo 'typos finds nothing that is misspelt'
else
    echo 'typos is not installed: the spelling is not checked here'
fi

if command -v cargo-deny >/dev/null; then
    for folder in . tools/builder/sierra; do
        # What a crate leaves unsaid in its manifest is read from its licence file.
        cargo deny --log-level error --config deny.toml --manifest-path $folder/Cargo.toml \
            check --hide-inclusion-graph --allow no-license-field --allow license-not-encountered \
            bans licenses sources
    done
    # Their database is a repository elsewhere, which not every machine reaches.
    echo 'cargo-deny does not look for advisories here: cargo deny check advisories'
else
    echo 'cargo-deny is not installed: the licences and origins of crates are not checked here'
fi
