#!/usr/bin/env bash
# Checks the format of the Cairo sources, lints and builds them with Scarb, where it is installed, and fails unless
# Scarb's class and CASM are the committed ones, byte for byte.
set -euo pipefail
cd "$(dirname "$0")/.."

# A missing Scarb is no error, since nothing else needs it.
without() {
    echo "$1: the class is built and checked by the builder alone here"
    exit 0
}

command -v scarb >/dev/null || without 'scarb is not installed'
wanted=$(sed -n 's/^scarb //p' .tool-versions)
found=$(scarb --version | sed -n 's/^scarb \([0-9.]*\).*/\1/p')
[ "$found" = "$wanted" ] || without "scarb $found is installed, not $wanted"

target=${CARGO_TARGET_DIR:-target}/scarb
scarb fmt --check
scarb --target-dir "$target" lint --deny-warnings
# Only the release profile gives the committed bytes: the development profile adds names for debuggers, which the
# class hash does not cover.
scarb --release --target-dir "$target" build --workspace 2>&1 | tee "$target.log"
if grep -q '^warn' "$target.log"; then
    echo 'scarb build warns: see above' >&2
    exit 1
fi

cargo run --locked --quiet --package builder -- --compare "$target/release/session_account_SessionAccount.contract_class.json"
