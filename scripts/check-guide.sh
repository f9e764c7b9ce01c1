#!/usr/bin/env bash
# Runs docs/sdk-guide.md as it is printed: every block, in its order, in an empty folder. A block after a line with a
# file's name is written to that file. A block of shell is run; one that starts a sandbox keeps running beside those
# that follow. The Rust block must equal the example in the client's crate.
#
# It needs node, npm, python 3 and their registries. It builds nothing: run `cargo build --bins --examples` before.
set -euo pipefail
cd "$(dirname "$0")/.."

guide=docs/sdk-guide.md
harness=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}/debug/session-harness")
work=$(mktemp -d)
servers=()
trap 'kill ${servers[@]+"${servers[@]}"} 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

# The line before a block names the block's file, in backticks and with a colon after it.
awk -v work="$work" '
    /^```/ && inside { inside = 0; close(out); next }
    inside { print > out; next }
    /^```/ {
        inside = 1
        if ($0 == "```sh") out = sprintf("%s/step-%02d", work, ++steps)
        else if (name == "") { print "line " NR ": a block that is neither run nor named" > "/dev/stderr"; exit 1 }
        else { gsub("/", "+", name); out = work "/" name }
        printf "" > out
        next
    }
    NF { name = match($0, /`[^`]+`:$/) ? substr($0, RSTART + 1, RLENGTH - 3) : "" }
' $guide

file=harness/client/examples/guide.rs
# The comment at the head of the example is not shown in the guide.
if ! diff <(grep -v '^//!' $file | sed '/./,$!d') "$work/${file//\//+}" >&2; then
    echo "$guide does not show $file as it is" >&2
    exit 1
fi
rm "$work/${file//\//+}"

for tool in node npm python3; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is not installed: the guide is not run here" >&2
        exit "$([ "${CI:-}" = true ] && echo 1 || echo 0)"
    fi
done
[ -x "$harness" ] || { echo "$harness is not built: cargo build --bins" >&2; exit 1; }

# The guide's `cargo run` is answered by this script: it starts the binaries that were built before.
mkdir "$work/bin"
cat >"$work/bin/cargo" <<CARGO
#!/usr/bin/env bash
case "\$*" in
    'run -- '*) shift 2; exec "$harness" "\$@" \$GUIDE_OPTIONS ;;
    'run --package session-client --example guide') exec "$(dirname "$harness")/examples/guide" ;;
    *) echo "the guide does not run: cargo \$*" >&2; exit 1 ;;
esac
CARGO
chmod +x "$work/bin/cargo"
export PATH=$work/bin:$PATH GUIDE_OPTIONS=
cd "$work"

# Starts the sandbox of the block $1, which runs until this script ends. It is ready when it has written its file.
serve() {
    bash -euo pipefail -c "exec $(cat "$1")" >"$1.log" 2>&1 &
    servers+=($!)
    file=$(grep -o -- '--info [^ ]*' "$1" | cut -d' ' -f2 || true)
    for _ in $(seq 600); do
        [ -f "${file:-sandbox.json}" ] && return
        kill -0 "${servers[-1]}" 2>/dev/null || { cat "$1.log" >&2; exit 1; }
        sleep 0.2
    done
    echo "it does not serve: $(cat "$1")" >&2
    exit 1
}

# The guide is run with the addresses that it prints. If another program has one of the two ports, it is run on
# another loopback address, of which Linux has many.
if (exec 3<>/dev/tcp/127.0.0.1/5163) 2>/dev/null || (exec 3<>/dev/tcp/127.0.0.1/5164) 2>/dev/null; then
    host=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 1)).1
    echo "a port is taken on 127.0.0.1: the guide is run against $host, told by SANDBOX_INFO"
    export GUIDE_OPTIONS="--host $host" SANDBOX_INFO=http://$host:5163/info.json
    sed -i "s/127\.0\.0\.1/$host/" step-*
fi

export npm_config_prefer_offline=true npm_config_fund=false npm_config_audit=false npm_config_loglevel=error
for step in step-*; do
    echo "$guide: $(head -1 "$step")"
    if grep -q '^cargo run -- serve' "$step"; then
        serve "$step"
    elif ! bash -euo pipefail "./$step" >"$step.log" 2>&1; then
        cat "$step.log" >&2
        echo "$guide does not run as printed: $(cat "$step")" >&2
        exit 1
    fi
done
