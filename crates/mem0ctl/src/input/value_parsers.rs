//! Parsers of option values: on or off, text from a file, `KEY=JSON`.

use clap::ValueEnum;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::input;

/// Value `on` or `off`.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnOff {
    #[value(alias = "true")]
    On,
    #[value(alias = "false")]
    Off,
}

impl OnOff {
    pub(crate) fn is_on(self) -> bool {
        self == OnOff::On
    }
}

/// Reads the text of an option: as it is, from a file (`@FILE`), or from stdin (`@-`).
///
/// # Errors
/// `File` if the input is unreadable or empty: a closed stdin must not clear a setting.
pub(crate) fn text_option(option: &str, value: &str) -> Outcome<String> {
    let failure = |reason: &str| Failure::file(format!("{option}: {reason}"));
    let text = input::text(value).map_err(|error| failure(&error.message))?;
    if !value.is_empty() && text.trim().is_empty() {
        let source = if value == "@-" { "stdin" } else { value };
        return Err(failure(&format!("{source} is empty; pass {option} '' to clear the setting")));
    }
    Ok(text)
}

/// Parses a setting by its JSON name: `KEY=JSON`.
pub(crate) fn key_json(text: &str) -> Result<(String, Value), String> {
    let Some((key, json)) = text.split_once('=').filter(|(key, _)| !key.trim().is_empty()) else {
        return Err("expected KEY=JSON, such as enable_graph=true".to_owned());
    };
    let value = serde_json::from_str(json)
        .map_err(|_| "the value is not valid JSON; a string needs quotes: 'version=\"v2\"'".to_owned())?;
    Ok((key.trim().to_owned(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parses_a_key_and_json() {
        assert_eq!(key_json("a=1"), Ok(("a".to_owned(), json!(1))));
        assert_eq!(key_json(" a = {\"b\":\"=\"}"), Ok(("a".to_owned(), json!({"b": "="}))));
        assert_eq!(key_json("a=null"), Ok(("a".to_owned(), Value::Null)));
        for wrong in ["a", "=1", " =1", "a=", "a=red", "a=1 2"] {
            assert!(key_json(wrong).is_err(), "{wrong}");
        }
    }
}
