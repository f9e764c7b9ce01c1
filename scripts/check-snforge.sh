#!/usr/bin/env bash
# Runs the Cairo tests with Starknet Foundry, where it is installed. Never needed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v scarb >/dev/null || ! command -v snforge >/dev/null; then
    echo 'scarb and snforge are not both installed: the Cairo tests are not run here'
    exit 0
fi
snforge test
# The same tests, on OpenZeppelin's account with this project's components.
snforge test --package session_account_tests --features openzeppelin
