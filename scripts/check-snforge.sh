#!/usr/bin/env bash
# Runs the Cairo tests with Starknet Foundry, where it is installed. Nothing else needs it.
#
# Usage: scripts/check-snforge.sh [--seed N]
# The fuzzer's seed is the one of tests/Scarb.toml, unless `--seed` gives another.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1-}" in
    '') ;;
    # snforge reads this variable.
    --seed) export SNFORGE_FUZZER_SEED="${2:?--seed takes a number}" ;;
    *) echo "not known: $1; there is --seed N" >&2; exit 2 ;;
esac

# Only the version of .tool-versions is used, since another compiles other classes and counts other gas.
wanted=$(sed -n 's/^starknet-foundry //p' .tool-versions)
if ! command -v scarb >/dev/null || ! command -v snforge >/dev/null; then
    echo 'scarb and snforge are not both installed: the Cairo tests are not run here'
    exit 0
fi
found=$(snforge --version | sed -n 's/^snforge \([0-9.]*\).*/\1/p')
if [ "$found" != "$wanted" ]; then
    echo "snforge $found is installed, not $wanted: the Cairo tests are not run here"
    exit 0
fi
snforge test
# Runs the same tests on the preset: OpenZeppelin's account with this project's components.
snforge test --package session_account_tests --features openzeppelin
