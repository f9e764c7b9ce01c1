#!/usr/bin/env bash
# Runs the Cairo tests with Starknet Foundry, where it is installed. Never needed.
#
# Usage: scripts/check-snforge.sh [--seed N]
# The fuzzer's seed is the one of tests/Scarb.toml, unless another is tried by --seed.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1-}" in
    '') ;;
    # snforge reads it.
    --seed) export SNFORGE_FUZZER_SEED="${2:?--seed takes a number}" ;;
    *) echo "not known: $1; there is --seed N" >&2; exit 2 ;;
esac

# Other versions make other classes and other gas.
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
# The same tests, on OpenZeppelin's account with this project's components.
snforge test --package session_account_tests --features openzeppelin
