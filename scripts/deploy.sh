#!/usr/bin/env bash
# Deploys an account: shows its address and the fee, asks for consent on a network where fees are real money, and
# sends. It takes the flags of `session-harness deploy`, --dry-run among them; keys come from a keystore or the
# environment.
set -euo pipefail
. "$(dirname "$0")/harness.sh"

harness deploy "$@"
