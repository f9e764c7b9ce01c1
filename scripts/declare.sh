#!/usr/bin/env bash
# Declares the account's class: shows the fee, asks for consent on a network where fees are real money, and sends. It
# takes the flags of `session-harness declare`, --dry-run among them; keys come from a keystore or the environment.
set -euo pipefail
. "$(dirname "$0")/harness.sh"

harness declare "$@"
