//! The README's table of operations: each one that the platform has is in it, with a test that exists.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

use mem0_local::Operation;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the README that name tests: method and path, file and function of the test, which is one for both
/// flavours.
fn rows(readme: &str) -> Vec<(String, String, String)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, method, path, blocking, asynchronous, local] = cells[..] else { return None };
        let (file, function) = blocking.trim_matches('`').split_once("::")?;
        assert_eq!(blocking, asynchronous, "{line}");
        assert_eq!(local, "yes", "{line}");
        Some((format!("{method} {}", path.trim_matches('`')), file.to_owned(), function.to_owned()))
    };
    readme.lines().filter(|line| line.starts_with('|')).filter_map(row).collect()
}

#[test]
fn the_table_has_every_operation_once_and_a_test_of_each() {
    let rows = rows(&read("README.md"));
    for operation in Operation::ALL.iter().copied() {
        let route = format!("{} {}", operation.method(), operation.path());
        let times = rows.iter().filter(|(known, _, _)| *known == route).count();
        assert_eq!(times, 1, "{route}");
    }
    assert_eq!(rows.len(), Operation::ALL.len());
    for (route, file, function) in &rows {
        let suite = read(&format!("tests/suite/{file}.rs"));
        assert!(suite.contains(&format!("async fn {function}(")), "{route}: {file}::{function} is no test");
    }
}
