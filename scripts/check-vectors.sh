#!/usr/bin/env bash
# Fails if a test vector was edited. An independent client made the vectors, and the originals are kept beside the
# repository.
set -euo pipefail
cd "$(dirname "$0")/.."

source=../shared/vectors
if [ ! -d "$source" ]; then
    echo "no $source here: the vectors are not compared"
    exit 0
fi
diff -r "$source" tests/vectors
echo "tests/vectors is what $source holds"
