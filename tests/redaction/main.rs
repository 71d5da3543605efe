//! `Debug` and `Display` of all public types show no key, no e-mail address and no private text.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bulk;
mod calls;
mod plans;
mod requests;
mod responses;
mod texts;

use std::fmt::{Debug, Display};

/// The public names of all areas.
mod names {
    pub(crate) use mem0::client::*;
    pub(crate) use mem0::entities::*;
    pub(crate) use mem0::error::*;
    pub(crate) use mem0::events::*;
    pub(crate) use mem0::exports::*;
    pub(crate) use mem0::filter::*;
    pub(crate) use mem0::members::*;
    pub(crate) use mem0::memories::*;
    pub(crate) use mem0::organizations::*;
    pub(crate) use mem0::profiles::*;
    pub(crate) use mem0::projects::*;
    pub(crate) use mem0::webhooks::*;
    pub(crate) use mem0::*;
}

const KEY: &str = "m0-secret-key";
const EMAIL: &str = "ann.o+secret@x.io";
/// Private text of a user.
const PRIVATE: &str = "eats plants";

/// Text with a key and an e-mail address.
fn leaky() -> String {
    format!("of <{EMAIL}>, by\n{KEY} or {EMAIL}")
}

/// Output of a value of a type.
struct Printed {
    name: String,
    text: String,
}

/// Modules whose types are known by module and name.
const MODULES: [&str; 2] = ["bulk", "plan"];

/// Name of a type without its type parameters, after its module if that is one of [`MODULES`].
fn name_of<T>() -> String {
    let path = std::any::type_name::<T>();
    let path = path.split('<').next().unwrap_or(path);
    let name = path.rsplit("::").next().unwrap_or(path);
    match path.split("::").nth(1).filter(|module| MODULES.contains(module)) {
        Some(module) => format!("{module}::{name}"),
        None => name.to_owned(),
    }
}

/// Output of a value by `Debug`.
fn printed<T: Debug>(value: &T) -> Printed {
    Printed { name: name_of::<T>(), text: format!("{value:?} {value:#?}") }
}

/// Output of a value by `Debug` and `Display`.
fn displayed<T: Debug + Display>(value: &T) -> Printed {
    let Printed { name, text } = printed(value);
    Printed { name, text: format!("{text} {value}") }
}

/// Output of all public types.
fn walk() -> Vec<Printed> {
    let walks =
        [responses::walk(), bulk::walk(), calls::walk(), plans::walk(), requests::walk(), texts::walk()];
    walks.into_iter().flatten().collect()
}

#[test]
fn no_output_shows_private_data() {
    let leaks_data = |printed: &Printed| {
        let private = ["secret", "x.io", "plants"];
        private.into_iter().any(|private| printed.text.contains(private))
    };
    let leaks: Vec<String> = walk()
        .iter()
        .filter(|printed| leaks_data(printed))
        .map(|leak| format!("{}: {}", leak.name, leak.text))
        .collect();
    assert!(leaks.is_empty(), "private data is shown:\n{}", leaks.join("\n"));
}
