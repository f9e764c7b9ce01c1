#!/usr/bin/env bash
# Declares the account's class: first a dry run, which shows the fee and sends nothing, then in
# earnest. Takes the flags of `session-harness declare`; keys come from a keystore or the environment.
set -euo pipefail
. "$(dirname "$0")/harness.sh"

harness declare "$@" --dry-run
harness declare "$@"
