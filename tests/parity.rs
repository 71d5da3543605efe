//! Both flavours offer the same methods and names: all of them come from the one body in `src/api`.
//!
//! Rust has no list of an item's methods to compare, so this reads the source: nothing public may depend on the
//! flavour in the body, and no flavour may add to the body's types.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder, in order.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(source(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} has no files");
    files
}

/// What a flavour's root file re-exports of its `api`.
fn exported(file: &str) -> BTreeSet<String> {
    let text = read(&source(file));
    let (_, list) = text.split_once("pub use self::api::{").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// What the body offers to its flavours.
fn offered() -> BTreeSet<String> {
    let text = read(&source("api/mod.rs"));
    let names = text.lines().filter_map(|line| line.strip_prefix("pub use ")?.strip_suffix(';'));
    names.filter_map(|path| path.rsplit_once("::")).map(|(_, name)| name.to_owned()).collect()
}

#[test]
fn both_flavours_export_everything_the_body_offers() {
    let offered = offered();
    assert!(offered.contains("ProjectApi") && offered.contains("MemoryClient"), "{offered:?}");
    assert_eq!(exported("blocking.rs"), offered);
    assert_eq!(exported("asynchronous.rs"), offered);
}

#[test]
fn nothing_in_the_body_depends_on_the_flavour() {
    for file in files("api") {
        let text = read(&file);
        let conditional = text.lines().find(|line| line.trim_start().starts_with("#[cfg"));
        assert_eq!(conditional, None, "{}: the body is the same in both flavours", file.display());
    }
}

/// What a flavour has to add itself, since the standard library's names for it differ.
const GLUE: [(&str, &str); 2] = [("blocking", "Iterator for Pages<"), ("asynchronous", "Stream for Pages<")];

#[test]
fn no_flavour_adds_to_the_types_of_the_body() {
    let offered = offered();
    for folder in ["blocking", "asynchronous"] {
        for file in files(folder) {
            let text = read(&file);
            let is_glue = |line: &str| GLUE.iter().any(|(of, glue)| *of == folder && line.contains(glue));
            for line in text.lines().filter(|line| line.starts_with("impl") && !is_glue(line)) {
                let extended = line.split(" for ").last().unwrap();
                let mut words = extended.split(|character: char| !character.is_alphanumeric());
                assert!(
                    !words.any(|word| offered.contains(word)),
                    "{}: `{line}` belongs into src/api",
                    file.display()
                );
            }
        }
    }
}
