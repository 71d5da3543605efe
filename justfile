# Commands for contributors. `just` lists them.

_default:
    @just --list

# Formats the code and lints it with every feature.
lint:
    cargo fmt
    cargo clippy --workspace --all-features --all-targets -- -D warnings

# Runs the tests of all crates.
test:
    cargo test --workspace

# Checks every combination of features.
features:
    .ci/features

# Runs the benches with few runs.
bench:
    cargo bench --workspace --all-features -- --quick

# Runs all checks of CI.
ci:
    .ci/run
