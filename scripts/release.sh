#!/usr/bin/env bash
# Makes the files of a release in target/release-files: the binary for this machine and the class, each in an
# archive beside its SHA-256. Publishes nothing.
#
# Usage: scripts/release.sh VERSION [PROFILE]
# VERSION is that of Cargo.toml and of CHANGELOG.md's newest entry; PROFILE is cargo's, `release` if none is named.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:?which version? for example: scripts/release.sh 0.2.0}
profile=${2:-release}
out=target/release-files

fail() { echo "$1" >&2; exit 1; }

found=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
[ "$found" = "$version" ] || fail "Cargo.toml has version $found, not $version"
class=$(sed -n 's/.*"class_hash": "\(.*\)".*/\1/p' artifacts/manifest.json | head -1)
# An empty one would be found in every text.
[ -n "$class" ] || fail 'artifacts/manifest.json names no class'
entry=$(awk '/^## /{ if (seen++) exit } seen' CHANGELOG.md)
grep -q "^## \[$version\] - [0-9]" <<<"$entry" || fail "CHANGELOG.md does not begin with version $version and its day"
grep -q "$class" <<<"$entry" || fail "CHANGELOG.md does not say that $version is class $class"
changed=$(git status --porcelain) || fail 'this is no git repository: a release is made of a commit'
[ -z "$changed" ] || fail 'not all is committed: a release is made of a commit'

# What is released must be what the sources compile to.
cargo run --locked --quiet --package builder -- --check
cargo build --locked --package session-harness --profile "$profile"

target=${CARGO_TARGET_DIR:-target}
folder=$profile
[ "$profile" != dev ] || folder=debug
binary=$target/$folder/session-harness
[ "$("$binary" --version)" = "session-harness $version" ] || fail "$binary has another version than $version"
host=$(rustc -vV | sed -n 's/^host: //p')

# GNU's, which macOS has under another name, if at all.
tar=$(command -v gtar || command -v tar)
"$tar" --version | grep -q GNU || fail "$tar is not GNU tar, which alone packs the same bytes twice: install gnu-tar"

rm -rf "$out"
mkdir -p "$out"
# pack NAME FILE...: an archive with the files in a folder of its name.
pack() {
    local name=$1 work
    shift
    work=$(mktemp -d)
    mkdir "$work/$name"
    cp "$@" "$work/$name"
    # The same bytes for the same files, whoever packs them and when.
    "$tar" -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
        -cf - "$name" | gzip -n >"$out/$name.tar.gz"
    rm -rf "$work"
    (
        cd "$out"
        # macOS has the other one.
        if command -v sha256sum >/dev/null; then sha256sum "$name.tar.gz"; else shasum -a 256 "$name.tar.gz"; fi \
            >"$name.tar.gz.sha256"
    )
}
pack "session-harness-$version-$host" "$binary" LICENSE README.md CHANGELOG.md SECURITY.md
# The same on every machine: one of them releases it.
[ "$host" != x86_64-unknown-linux-gnu ] || pack "session-account-$version-class" artifacts/*.json LICENSE

echo "commit $(git rev-parse HEAD), class $class"
cat "$out"/*.sha256
