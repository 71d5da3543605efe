//! Values that options take: on or off, a text from a file, a setting as JSON.

use std::fs::File;
use std::io::{self, Read};

use clap::ValueEnum;
use serde_json::Value;

use crate::failure::{Failure, Outcome};

/// On or off.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    #[value(alias = "true")]
    On,
    #[value(alias = "false")]
    Off,
}

impl Switch {
    pub(crate) fn is_on(self) -> bool {
        self == Switch::On
    }
}

/// A longer text is most likely not the file that was meant.
const LONGEST: u64 = 1024 * 1024;

/// The text an option was given: as it stands, of a file (`@FILE`), or of stdin (`@-`); `@@` begins a text with an
/// at sign. The line break that ends a file is no part of its text.
///
/// # Errors
/// `File` for what can't be read, is no UTF-8, is longer than 1 MiB, or is empty: nothing would be set by an accident
/// such as a closed stdin.
pub(crate) fn text(option: &str, given: &str) -> Outcome<String> {
    let Some(name) = given.strip_prefix('@') else {
        return Ok(given.to_owned());
    };
    if name.starts_with('@') {
        return Ok(name.to_owned());
    }
    let shown = if name == "-" { "stdin" } else { name };
    let failed = |why: &str| Failure::file(format!("{option}: {shown} {why}"));
    let mut bytes = Vec::new();
    let read = match name {
        "-" => io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes),
        name => File::open(name).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|error| failed(&format!("can't be read: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(failed("is longer than 1 MiB; name a shorter text"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| failed("is no text in UTF-8"))?;
    // Some editors mark a file as UTF-8 by a character before its text.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.trim().is_empty() {
        return Err(failed(&format!("is empty; to clear the setting, say {option} ''")));
    }
    Ok(text)
}

/// A setting by its name on the wire: `KEY=JSON`.
pub(crate) fn pair(given: &str) -> Result<(String, Value), String> {
    let Some((key, json)) = given.split_once('=').filter(|(key, _)| !key.trim().is_empty()) else {
        return Err("expected KEY=JSON, such as enable_graph=true".to_owned());
    };
    let value = serde_json::from_str(json)
        .map_err(|_| "what follows = is no JSON; a text needs quotes: 'version=\"v2\"'".to_owned())?;
    Ok((key.trim().to_owned(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pair_is_a_key_and_json() {
        assert_eq!(pair("a=1"), Ok(("a".to_owned(), json!(1))));
        assert_eq!(pair(" a = {\"b\":\"=\"}"), Ok(("a".to_owned(), json!({"b": "="}))));
        assert_eq!(pair("a=null"), Ok(("a".to_owned(), Value::Null)));
        for wrong in ["a", "=1", " =1", "a=", "a=red", "a=1 2"] {
            assert!(pair(wrong).is_err(), "{wrong}");
        }
    }
}
