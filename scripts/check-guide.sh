#!/usr/bin/env bash
# The examples in docs/sdk-guide.md are the files that CI runs: the block after each file's name holds
# its text, all of it.
set -euo pipefail
cd "$(dirname "$0")/.."

guide=docs/sdk-guide.md
for file in tests/clients/javascript/guide.test.ts tests/clients/python/test_guide.py harness/sandbox/tests/sandbox/guide.rs; do
    shown=$(awk -v name="\`$file\`" '
        index($0, name) { found = 1 }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }
    ' $guide)
    # The Rust file says in its first lines what it is for.
    kept=$(grep -v '^//!' "$file" | sed '/./,$!d')
    if [ "$shown" != "$kept" ]; then
        echo "$guide does not show $file as it is" >&2
        diff <(echo "$shown") <(echo "$kept") >&2 || true
        exit 1
    fi
done
