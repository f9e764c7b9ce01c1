#!/usr/bin/env bash
# Runs real SDKs, unmodified, against `serve`: starknet.js and Chipi's npm package, Chipi's PyPI package,
# and the page in a headless browser where Debian's chromium is installed. Has
# starknet.js and starknet.py compute the committed class's hashes, and declare it on a devnet without it. Has
# starknet.js compute the test vectors anew.
#
# Needs node 20, npm, python 3.11 and their registries. Installs outside the clone, once for each set of
# versions. Builds nothing: `cargo build --bins --examples` comes first, or `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in node npm python3; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is not installed: no SDK is tried against the sandbox here" >&2
        # Where the project decides what lands, they must be tried.
        exit "$([ "${CI:-}" = true ] && echo 1 || echo 0)"
    fi
done

harness=${CARGO_TARGET_DIR:-target}/debug/session-harness
# A devnet that does not have the class yet; the tests start one each.
DEVNET=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}/debug/examples/devnet")
ARTIFACTS=$PWD/artifacts
export DEVNET ARTIFACTS
for binary in "$harness" "$DEVNET"; do
    [ -x "$binary" ] || { echo "$binary is not built: cargo build --bins --examples" >&2; exit 1; }
done
clients=tests/clients
pins=$(cat $clients/javascript/package-lock.json $clients/python/requirements.txt | sha256sum | cut -c -16)
installed=${XDG_CACHE_HOME:-$HOME/.cache}/session-account/clients-$pins

# Moved into place when it is whole.
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
# At its place at once: a virtual environment cannot be moved.
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
# The default port, which Node and browsers must connect to: Linux has loopback addresses enough for all who
# run this at once.
host=127.0.0.1
[ "$(uname)" != Linux ] || host=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1))
"$harness" serve --host $host --info "$work/sandbox.json" >"$work/serve.log" &
server=$!
# Another, whose paymaster speaks as AVNU's.
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
ln -s "$installed/node_modules" "$work/javascript/node_modules"
npm test --prefix "$work/javascript"

PYTHONDONTWRITEBYTECODE=1 "$installed/python/bin/python" -m pytest --quiet -p no:cacheprovider \
    -W ignore $clients/python

# Ctrl-C stops it clean.
kill -INT $server
wait $server
if [ -e "$SANDBOX" ]; then
    echo 'the stopped sandbox left its file behind' >&2
    exit 1
fi
