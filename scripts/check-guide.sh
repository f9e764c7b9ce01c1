#!/usr/bin/env bash
# Runs docs/sdk-guide.md as it is printed: every block, in its order, in an empty folder. A block after a
# line with a file's name is that file; a block of shell is run, those that serve beside the others. The Rust
# block is the example that stands in the client's crate, all of it.
#
# Needs node, npm, python 3 and their registries. Builds nothing: `cargo build --bins --examples` comes first.
set -euo pipefail
cd "$(dirname "$0")/.."

guide=docs/sdk-guide.md
harness=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}/debug/session-harness")
work=$(mktemp -d)
servers=()
trap 'kill ${servers[@]+"${servers[@]}"} 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

# A block's file is named in the line before it, in backticks, with a colon.
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
# The file says in its first lines what it is for.
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

# Stands in for cargo, which has built what the guide runs.
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

# Serves what the block $1 does, until the end. It is ready when its file is there.
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

# As it is printed, unless somebody else has the ports. Linux has more addresses.
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
