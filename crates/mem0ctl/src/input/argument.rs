//! What arguments hold: a text, `-` for what is on stdin, `@FILE` for what is in a file; JSON; `KEY=VALUE`.

use std::fs::File;
use std::io::{self, IsTerminal, Read};

use serde_json::{Map, Value};

use crate::failure::{Failure, Outcome};

/// A longer text is most likely not the file that was meant.
const LONGEST: u64 = 1024 * 1024;

/// A text as it stands, that of `@FILE`, or that on stdin for `-` and `@-`. `@@` begins a text that begins with an
/// `@`. The line break that ends a file is no part of its text.
///
/// # Errors
/// `File` for what can't be read, is no UTF-8, or is longer than 1 MiB.
pub(crate) fn text(argument: &str) -> Outcome<String> {
    match argument {
        "-" | "@-" => short("stdin", io::stdin().lock()),
        argument => match argument.strip_prefix('@') {
            None => Ok(argument.to_owned()),
            Some(rest) if rest.starts_with('@') => Ok(rest.to_owned()),
            Some(path) => short(path, File::open(path).map_err(|error| unreadable(path, &error))?),
        },
    }
}

/// The same for an argument that may be left out where something is piped into the command.
pub(crate) fn text_or_piped(argument: Option<&str>, what: &str) -> Outcome<String> {
    let text = match argument {
        Some(argument) => text(argument)?,
        None if io::stdin().is_terminal() => String::new(),
        None => stdin()?,
    };
    if text.trim().is_empty() {
        return Err(Failure::usage(format!(
            "There is no {what}: give it as an argument, as @FILE, or on stdin."
        )));
    }
    Ok(text)
}

/// JSON as it stands, in `@FILE`, or on stdin for `-`. `name` is how the option is called.
pub(crate) fn json(name: &str, argument: &str) -> Outcome<Value> {
    let is_elsewhere = argument == "-" || argument.starts_with('@');
    serde_json::from_str(&text(argument)?).map_err(|error| {
        if is_elsewhere {
            let place = if argument == "-" { "what is on stdin" } else { &argument[1..] };
            Failure::file(format!("{name}: {place} is no JSON: {error}."))
        } else {
            Failure::usage(format!("{name} is no JSON: {error}. Give JSON, or @FILE."))
        }
    })
}

/// An object made of arguments: each is `KEY=VALUE`, a JSON object, or `@FILE` with one. A value is JSON, and what
/// is none is a text. Of a key that is there twice, the last value counts.
pub(crate) fn object(name: &str, arguments: &[String]) -> Outcome<Map<String, Value>> {
    let mut object = Map::new();
    for argument in arguments {
        if argument.starts_with(['{', '@']) {
            match json(name, argument)? {
                Value::Object(given) => object.extend(given),
                _ => {
                    return Err(Failure::usage(format!(
                        "{name} is no JSON object: give {{\"key\": \"value\"}}."
                    )));
                }
            }
        } else {
            let (key, value) = key_and_value(name, argument)?;
            object.insert(key.to_owned(), value);
        }
    }
    Ok(object)
}

fn key_and_value<'a>(name: &str, argument: &'a str) -> Outcome<(&'a str, Value)> {
    match argument.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key, serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))))
        }
        _ => Err(Failure::usage(format!("{name} {argument:?} is no KEY=VALUE, such as {name} plan=pro."))),
    }
}

/// The lines of a file, or of stdin for `-`, with their numbers; blank ones are left out.
pub(crate) fn lines(path: &str) -> Outcome<Vec<(usize, String)>> {
    let text = if path == "-" { stdin()? } else { file(path)? };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    Ok(lines.map(|(index, line)| (index + 1, line.to_owned())).collect())
}

/// What is in a file.
pub(crate) fn file(path: &str) -> Outcome<String> {
    std::fs::read_to_string(path).map(without_mark).map_err(|error| unreadable(path, &error))
}

/// A text without the byte order mark that Windows programs begin it with.
pub(crate) fn without_mark(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    text
}

fn unreadable(place: &str, error: &io::Error) -> Failure {
    Failure::file(format!("{place} can't be read: {error}."))
}

/// A text of bounded length, without what an editor puts around it.
fn short(place: &str, source: impl Read) -> Outcome<String> {
    let mut text = String::new();
    source.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| unreadable(place, &error))?;
    if text.len() as u64 > LONGEST {
        return Err(Failure::file(format!("{place} is longer than 1 MiB: name a shorter text.")));
    }
    let text = without_mark(text);
    let text = text.as_str();
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(text.to_owned())
}

/// What is on stdin, without the line end that `echo` adds.
fn stdin() -> Outcome<String> {
    let mut text = String::new();
    match io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => Ok(without_mark(text).trim_end_matches(['\n', '\r']).to_owned()),
        Err(error) => Err(Failure::file(format!("stdin can't be read: {error}."))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::failure::Exit;

    fn made(arguments: &[&str]) -> Outcome<Value> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        object("--metadata", &arguments).map(Value::Object)
    }

    #[test]
    fn values_are_json_or_else_texts() {
        let object =
            made(&["plan=pro", "seats=3", "of=a=b", "deep={\"x\":[1]}", "code=\"3\"", "empty="]).unwrap();
        assert_eq!(
            object,
            json!({"plan": "pro", "seats": 3, "of": "a=b", "deep": {"x": [1]}, "code": "3", "empty": ""})
        );
        assert_eq!(made(&["{\"a\": 1, \"b\": 1}", "b=2"]).unwrap(), json!({"a": 1, "b": 2}));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for wrong in ["plan", "=pro", "{\"a\"", "@@[1]"] {
            assert!(made(&[wrong]).is_err(), "{wrong}");
        }
        assert_eq!(made(&["plan"]).unwrap_err().exit, Exit::Usage);
        assert_eq!(made(&["@nowhere.json"]).unwrap_err().exit, Exit::File);
    }

    #[test]
    fn a_text_may_begin_with_an_at_sign() {
        assert_eq!(text("@@alice likes tea").unwrap(), "@alice likes tea");
        assert_eq!(text("tea @ five").unwrap(), "tea @ five");
    }
}
