#!/usr/bin/env bash
# Runs real SDKs, unmodified, against the sandbox that `session-harness serve` opens: starknet.js, Chipi's npm
# package, Chipi's PyPI package, and the sandbox's page in a headless browser where Debian's chromium is installed. It
# also has starknet.js and starknet.py compute the hashes of the committed class, and declare the class on a devnet
# that does not have it, and has starknet.js compute the test vectors anew.
#
# It needs node 20, npm, python 3.11 and their registries. It installs the SDKs outside the clone, once for each set
# of versions. It builds nothing: run `cargo build --bins --examples` or `cargo test` before.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in node npm python3; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is not installed: no SDK is tried against the sandbox here" >&2
        # In continuous integration a missing tool is an error.
        exit "$([ "${CI:-}" = true ] && echo 1 || echo 0)"
    fi
done

harness=${CARGO_TARGET_DIR:-target}/debug/session-harness
# The binary of a devnet that does not have the class yet. Each test starts its own.
DEVNET=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}/debug/examples/devnet")
ARTIFACTS=$PWD/artifacts
export DEVNET ARTIFACTS
for binary in "$harness" "$DEVNET"; do
    [ -x "$binary" ] || { echo "$binary is not built: cargo build --bins --examples" >&2; exit 1; }
done
clients=tests/clients
pins=$(cat $clients/javascript/package-lock.json $clients/python/requirements.txt | sha256sum | cut -c -16)
installed=${XDG_CACHE_HOME:-$HOME/.cache}/session-account/clients-$pins

# npm installs into a temporary folder that is renamed when it is complete, so that an interrupted installation is not
# used.
if [ ! -d "$installed" ]; then
    mkdir -p "$(dirname "$installed")"
    aside=$(mktemp -d "$installed.XXXXXX")
    cp $clients/javascript/package.json $clients/javascript/package-lock.json "$aside"
    if ! npm ci --prefix "$aside" --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error; then
        echo 'npm cannot install the pinned clients: is its registry reachable?' >&2
        exit 1
    fi
    mv "$aside" "$installed"
fi
# A virtual environment cannot be moved, so Python's is installed at its place, and the file `python.installed` says
# that it is complete.
if [ ! -f "$installed/python.installed" ]; then
    python3 -m venv --clear "$installed/python"
    if ! "$installed/python/bin/pip" install --quiet --disable-pip-version-check \
        --requirement $clients/python/requirements.txt; then
        echo 'pip cannot install the pinned clients: is its registry reachable?' >&2
        exit 1
    fi
    touch "$installed/python.installed"
fi

work=$(mktemp -d)
# This sandbox takes the default port, as the SDKs' users will. On Linux it listens on a random loopback address, so
# that several runs on one machine do not collide.
host=127.0.0.1
[ "$(uname)" != Linux ] || host=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1))
"$harness" serve --host $host --info "$work/sandbox.json" >"$work/serve.log" &
server=$!
# A second sandbox, whose paymaster answers as AVNU's does.
"$harness" serve --port 0 --accounts 1 --paymaster avnu --info "$work/avnu.json" >"$work/avnu.log" &
avnu=$!
trap 'kill -INT $server $avnu 2>/dev/null || true; wait $server $avnu 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 600); do
    [ -f "$work/sandbox.json" ] && [ -f "$work/avnu.json" ] && break
    if ! kill -0 $server 2>/dev/null; then
        echo "the sandbox did not open: is its default port taken on $host?" >&2
        exit 1
    fi
    kill -0 $avnu 2>/dev/null || { echo 'the sandbox with AVNU'"'"'s paymaster did not open' >&2; exit 1; }
    sleep 0.2
done
export SANDBOX=$work/sandbox.json SANDBOX_AVNU=$work/avnu.json
STARKNET_RPC_URL=$(node -p 'JSON.parse(require("fs").readFileSync(process.env.SANDBOX)).rpc_url')
export STARKNET_RPC_URL

[ -x "${CHROMIUM:-/usr/bin/chromium}" ] ||
    echo 'chromium is not installed: the page is not tried in a browser here'
cp -r $clients/javascript "$work/javascript"
# It computes the vectors anew, so it stands beside them.
cp tests/vectors/vectors.test.mjs "$work/javascript"
ln -s "$installed/node_modules" "$work/javascript/node_modules"
npm test --prefix "$work/javascript"

PYTHONDONTWRITEBYTECODE=1 "$installed/python/bin/python" -m pytest --quiet -p no:cacheprovider \
    -W ignore $clients/python

# The sandbox must remove its file when Ctrl-C stops it.
kill -INT $server
wait $server
if [ -e "$SANDBOX" ]; then
    echo 'the stopped sandbox left its file behind' >&2
    exit 1
fi
