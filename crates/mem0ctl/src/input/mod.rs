//! Values of arguments: text, `-` for stdin, `@FILE` for a file, JSON and `KEY=VALUE`.

pub(crate) mod args;
pub(crate) mod checkpoint;
pub(crate) mod interruptible_reader;
pub(crate) mod value_parsers;

use std::fs::File;
use std::io::{self, IsTerminal, Read};

use serde_json::{Map, Value};

use crate::failure::{Failure, Outcome};

/// Maximum length of a text in bytes; a longer file is most likely the wrong one.
const MAX_TEXT_LEN: u64 = 1024 * 1024;

/// Reads text: as it is, from `@FILE`, or from stdin for `-` and `@-`. `@@` escapes a leading `@`. Drops the final line
/// break of a file.
///
/// # Errors
/// `File` if the input is unreadable, not UTF-8, or longer than 1 MiB.
pub(crate) fn text(argument: &str) -> Outcome<String> {
    match argument {
        "-" | "@-" => read_bounded("stdin", io::stdin().lock()),
        argument => match argument.strip_prefix('@') {
            None => Ok(argument.to_owned()),
            Some(rest) if rest.starts_with('@') => Ok(rest.to_owned()),
            Some(path) => read_bounded(path, File::open(path).map_err(|error| unreadable(path, &error))?),
        },
    }
}

/// Reads text from an argument, or from piped stdin without one.
pub(crate) fn text_or_piped(argument: Option<&str>, noun: &str) -> Outcome<String> {
    let text = match argument {
        Some(argument) => text(argument)?,
        None if io::stdin().is_terminal() => String::new(),
        None => stdin()?,
    };
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("missing {noun}; pass it as an argument, as @FILE, or on stdin")));
    }
    Ok(text)
}

/// Parses JSON: as it is, from `@FILE`, or from stdin for `-`. `name` is the option.
pub(crate) fn json(name: &str, argument: &str) -> Outcome<Value> {
    let is_file = argument == "-" || argument.starts_with('@');
    serde_json::from_str(&text(argument)?).map_err(|error| {
        if is_file {
            let source = if argument == "-" { "stdin" } else { &argument[1..] };
            Failure::file(format!("{name}: {source} is not valid JSON: {error}"))
        } else {
            Failure::usage(format!("{name} is not valid JSON: {error}; pass JSON or @FILE"))
        }
    })
}

/// Builds an object from arguments: `KEY=VALUE`, a JSON object, or `@FILE` with one. A value that is not JSON is a
/// string. The last value of a key wins.
pub(crate) fn object(name: &str, arguments: &[String]) -> Outcome<Map<String, Value>> {
    let mut object = Map::new();
    for argument in arguments {
        if argument.starts_with(['{', '@']) {
            match json(name, argument)? {
                Value::Object(fields) => object.extend(fields),
                _ => {
                    return Err(Failure::usage(format!(
                        "{name} is not a JSON object; pass one such as {{\"key\": \"value\"}}"
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
        _ => Err(Failure::usage(format!(
            "invalid value {argument:?} for {name}; expected KEY=VALUE, such as {name} plan=pro"
        ))),
    }
}

/// Reads the non-blank lines of a file, or of stdin for `-`, with their numbers.
pub(crate) fn lines(path: &str) -> Outcome<Vec<(usize, String)>> {
    let text = if path == "-" { stdin()? } else { file(path)? };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    Ok(lines.map(|(index, line)| (index + 1, line.to_owned())).collect())
}

/// Reads a file.
pub(crate) fn file(path: &str) -> Outcome<String> {
    std::fs::read_to_string(path).map(strip_bom).map_err(|error| unreadable(path, &error))
}

/// Removes a leading byte order mark.
pub(crate) fn strip_bom(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    text
}

fn unreadable(source: &str, error: &io::Error) -> Failure {
    Failure::file(format!("cannot read {source}: {error}"))
}

/// Reads text of bounded length without byte order mark and final line break.
fn read_bounded(name: &str, input: impl Read) -> Outcome<String> {
    let mut text = String::new();
    input.take(MAX_TEXT_LEN + 1).read_to_string(&mut text).map_err(|error| unreadable(name, &error))?;
    if text.len() as u64 > MAX_TEXT_LEN {
        return Err(Failure::file(format!("{name} is longer than 1 MiB; pass a shorter text")));
    }
    let text = strip_bom(text);
    let text = text.as_str();
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(text.to_owned())
}

/// Reads stdin without its final line breaks.
fn stdin() -> Outcome<String> {
    let mut text = String::new();
    match io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => Ok(strip_bom(text).trim_end_matches(['\n', '\r']).to_owned()),
        Err(error) => Err(Failure::file(format!("cannot read stdin: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::failure::Exit;

    fn parse(arguments: &[&str]) -> Outcome<Value> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        object("--metadata", &arguments).map(Value::Object)
    }

    #[test]
    fn values_are_json_or_strings() {
        let object =
            parse(&["plan=pro", "seats=3", "of=a=b", "deep={\"x\":[1]}", "code=\"3\"", "empty="]).unwrap();
        assert_eq!(
            object,
            json!({"plan": "pro", "seats": 3, "of": "a=b", "deep": {"x": [1]}, "code": "3", "empty": ""})
        );
        assert_eq!(parse(&["{\"a\": 1, \"b\": 1}", "b=2"]).unwrap(), json!({"a": 1, "b": 2}));
    }

    #[test]
    fn rejects_values_that_are_not_objects() {
        for wrong in ["plan", "=pro", "{\"a\"", "@@[1]"] {
            assert!(parse(&[wrong]).is_err(), "{wrong}");
        }
        assert_eq!(parse(&["plan"]).unwrap_err().exit, Exit::Usage);
        assert_eq!(parse(&["@nowhere.json"]).unwrap_err().exit, Exit::File);
    }

    #[test]
    fn a_double_at_sign_escapes_an_at_sign() {
        assert_eq!(text("@@alice likes tea").unwrap(), "@alice likes tea");
        assert_eq!(text("tea @ five").unwrap(), "tea @ five");
    }
}
