#!/usr/bin/env bash
# Builds, formats and lints the Cairo sources with Scarb, where it is installed. Never needed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v scarb >/dev/null; then
    echo 'scarb is not installed: the registry-only build is the only one checked here'
    exit 0
fi
wanted=$(sed -n 's/^scarb //p' .tool-versions)
found=$(scarb --version | sed -n 's/^scarb \([0-9.]*\).*/\1/p')
if [ "$found" != "$wanted" ]; then
    echo "scarb $found is installed, not $wanted: not used" >&2
    exit 0
fi
target=${CARGO_TARGET_DIR:-target}/scarb
scarb fmt --check
scarb --target-dir "$target" lint --deny-warnings
scarb --target-dir "$target" build 2>&1 | tee "$target.log"
if grep -q '^warn' "$target.log"; then
    echo 'scarb build warns: see above' >&2
    exit 1
fi
