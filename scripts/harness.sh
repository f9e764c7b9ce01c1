# Defines `harness` for the scripts that source this file. It runs the harness without its devnet, which takes long to
# build. SESSION_HARNESS may name a binary that is already built.
harness() {
    if [ -n "${SESSION_HARNESS:-}" ]; then
        "$SESSION_HARNESS" "$@"
    else
        cargo run --quiet --locked --no-default-features \
            --manifest-path "$(dirname "$0")/../harness/cli/Cargo.toml" -- "$@"
    fi
}
