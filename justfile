# Commands of a contributor. `just` lists them; each is a line that works without it too.

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

# Runs everything that has to hold before a change lands.
ci:
    .ci/run
