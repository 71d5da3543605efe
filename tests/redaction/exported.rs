//! The walk knows every type that the crate exports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;

/// What holds no text of anybody's: numbers and names that are the crate's own, and traits.
const WITHOUT_TEXT: [&str; 13] = [
    "bulk::InputFormat",
    "ApiErrorKind",
    "Decision",
    "Method",
    "Phase",
    "Plain",
    "Result",
    "Shape",
    "StatusCode",
    "TlsBackend",
    "TimeoutKind",
    "Transport",
    "WithResponse",
];

/// What is not the crate's own, and prints what its own crate decides: the database quotes no values.
const OF_OTHERS: [&str; 1] = ["HeaderMap"];

/// The names that a file exports, by `pub use` or by declaring them.
fn exported(source: &str) -> BTreeSet<String> {
    let uses = source.split("\npub use ").skip(1).map(|text| text.split(';').next().unwrap_or_default());
    let mut names = BTreeSet::new();
    for text in uses {
        let text = text.rsplit_once(" as ").map_or(text, |(_, name)| name);
        let list = text.split_once('{').map_or(text, |(_, list)| list).trim_end_matches('}');
        let name = |path: &str| path.rsplit("::").next().unwrap_or_default().trim().to_owned();
        let is_type = |name: &String| name.starts_with(char::is_uppercase);
        names.extend(list.split(',').map(name).filter(is_type));
    }
    for kind in ["\npub struct ", "\npub enum "] {
        let declared = source.split(kind).skip(1);
        let name =
            |text: &str| text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
        names.extend(declared.map(name));
    }
    names
}

#[test]
fn every_type_that_is_exported_is_walked_over() {
    let read = |path: String| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let roots =
        ["lib", "blocking/mod", "asynchronous/mod"].map(|name| exported(&read(format!("src/{name}.rs"))));
    let mut exported: BTreeSet<String> = roots.into_iter().flatten().collect();
    for module in MODULES {
        let names = self::exported(&read(format!("src/{module}/mod.rs")));
        exported.extend(names.into_iter().map(|name| format!("{module}::{name}")));
    }
    let mut known: BTreeSet<String> = walk().into_iter().map(|printed| printed.name).collect();
    let others = [&WITHOUT_TEXT[..], &OF_OTHERS].concat().into_iter();
    known.extend(others.map(str::to_owned));
    let unknown: Vec<_> = exported.difference(&known).collect();
    assert!(unknown.is_empty(), "walk over {unknown:?} too");
    let gone: Vec<_> = known.difference(&exported).collect();
    assert!(gone.is_empty(), "{gone:?} are no longer exported");
}

#[test]
fn exports_are_read_in_every_form() {
    let source = "\npub use a::{B, C};\npub use d::E;\npub use f::g::H as I;\npub use j::{\n    K,\n    L,\n};\npub struct M<'a> {}\npub enum N {}\npub use o::p;\n";
    assert_eq!(exported(source), ["B", "C", "E", "I", "K", "L", "M", "N"].map(str::to_owned).into());
}
