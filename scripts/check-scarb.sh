#!/usr/bin/env bash
# Formats, lints and builds the Cairo sources with Scarb, where it is installed, and compares the
# class's hashes with artifacts/scarb.json, and its gas with docs/gas.md. `--record` writes them there
# instead.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:---check}
if [ "$mode" != --check ] && [ "$mode" != --record ]; then
    echo "usage: $0 [--record]" >&2
    exit 2
fi
# Nothing else needs Scarb, so only who asks for a record is told that there is none.
without() {
    echo "$1: the registry-only build is the only one checked here"
    [ "$mode" = --check ] && exit 0 || exit 1
}

command -v scarb >/dev/null || without 'scarb is not installed'
wanted=$(sed -n 's/^scarb //p' .tool-versions)
found=$(scarb --version | sed -n 's/^scarb \([0-9.]*\).*/\1/p')
cairo=$(scarb --version | sed -n 's/^cairo: \([0-9.]*\).*/\1/p')
[ "$found" = "$wanted" ] || without "scarb $found is installed, not $wanted"

target=${CARGO_TARGET_DIR:-target}/scarb
scarb fmt --check
scarb --target-dir "$target" lint --deny-warnings
scarb --target-dir "$target" build 2>&1 | tee "$target.log"
if grep -q '^warn' "$target.log"; then
    echo 'scarb build warns: see above' >&2
    exit 1
fi

read -ra builder <<<"${BUILDER:-cargo run --locked --quiet --package builder --}"
class=$target/dev/session_account_SessionAccount.contract_class.json
arguments=(--scarb "$class" --compiler "cairo $cairo (scarb $found)")
[ "$mode" = --record ] || arguments+=(--check)
"${builder[@]}" "${arguments[@]}"

# What that class costs, as docs/gas.md says it.
read -ra proof <<<"${PROOF:-cargo run --locked --quiet --package proof --}"
arguments=(gas --class "$class")
[ "$mode" = --record ] || arguments+=(--check)
"${proof[@]}" "${arguments[@]}"
