//! Nothing that the crate's public types print shows a key or an e-mail address, and nothing of what people have
//! said: a walk over all of them, which fails when there is one that it does not know.
#![allow(clippy::unwrap_used, clippy::panic)]

mod answers;
mod bulk;
mod calls;
mod plans;
mod requests;
mod words;

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
/// What a user has said in private.
const SAID: &str = "eats plants";

/// A text that holds what is never shown, as whoever writes it may quote it.
fn leaky() -> String {
    format!("of <{EMAIL}>, by\n{KEY} or {EMAIL}")
}

/// What a value of a type prints.
struct Printed {
    name: String,
    text: String,
}

/// The modules that export types of their own.
const MODULES: [&str; 2] = ["bulk", "plan"];

/// The name of a type as it is exported, behind its module if that is one of these, without what it is made of.
fn name_of<T>() -> String {
    let path = std::any::type_name::<T>();
    let path = path.split('<').next().unwrap_or(path);
    let name = path.rsplit("::").next().unwrap_or(path);
    match path.split("::").nth(1).filter(|module| MODULES.contains(module)) {
        Some(module) => format!("{module}::{name}"),
        None => name.to_owned(),
    }
}

fn printed<T: Debug>(value: &T) -> Printed {
    Printed { name: name_of::<T>(), text: format!("{value:?} {value:#?}") }
}

/// What a value prints, by `Display` too.
fn said<T: Debug + Display>(value: &T) -> Printed {
    let Printed { name, text } = printed(value);
    Printed { name, text: format!("{text} {value}") }
}

/// Everything that is walked over.
fn walk() -> Vec<Printed> {
    let walks =
        [answers::walk(), bulk::walk(), calls::walk(), plans::walk(), requests::walk(), words::walk()];
    walks.into_iter().flatten().collect()
}

#[test]
fn nothing_that_is_printed_shows_what_is_private() {
    let shows = |printed: &Printed| {
        let private = ["secret", "x.io", "plants"];
        private.into_iter().any(|private| printed.text.contains(private))
    };
    let leaks: Vec<String> = walk()
        .iter()
        .filter(|printed| shows(printed))
        .map(|leak| format!("{}: {}", leak.name, leak.text))
        .collect();
    assert!(leaks.is_empty(), "these show what is private:\n{}", leaks.join("\n"));
}
