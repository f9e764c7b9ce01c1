#!/usr/bin/env bash
# Fails unless every block of Cairo in docs/embedding.md stands in presets/openzeppelin, and all blocks together have
# fewer than 60 lines: that is what the page says a wallet has to write.
set -euo pipefail
cd "$(dirname "$0")/.."

awk -v most=60 '
    NR == FNR { source = source $0 "\n"; next }
    /^```cairo$/ { block = ""; inside = 1; next }
    /^```$/ && inside {
        inside = 0
        if (!index(source, block)) {
            printf "docs/embedding.md:%d: not in the preset:\n%s", FNR, block
            failed = 1
        }
        next
    }
    inside { block = block $0 "\n"; lines += NF > 0 }
    END {
        if (lines == 0 || lines >= most) {
            printf "docs/embedding.md: %d lines of Cairo, not under %d\n", lines, most
            failed = 1
        }
        exit failed
    }
' presets/openzeppelin/src/account.cairo docs/embedding.md
