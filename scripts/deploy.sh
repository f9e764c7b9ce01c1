#!/usr/bin/env bash
# Deploys an account: first a dry run, which shows its
# address and the fee and sends nothing, then in earnest. Takes the flags of `session-harness deploy`;
# keys come from a keystore or the environment.
set -euo pipefail
. "$(dirname "$0")/harness.sh"

harness deploy "$@" --dry-run
harness deploy "$@"
