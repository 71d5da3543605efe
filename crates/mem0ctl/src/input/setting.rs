//! Values that options take: on or off, a text from a file, a setting as JSON.

use clap::ValueEnum;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::input::argument;

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

/// The text an option was given: as it stands, of a file (`@FILE`), or of stdin (`@-`).
///
/// # Errors
/// `File` for what can't be read, or is empty: nothing is cleared by an accident such as a closed stdin.
pub(crate) fn text(option: &str, given: &str) -> Outcome<String> {
    let failed = |why: &str| Failure::file(format!("{option}: {why}"));
    let text = argument::text(given).map_err(|failure| failed(&failure.sentence))?;
    if !given.is_empty() && text.trim().is_empty() {
        let place = if given == "@-" { "stdin" } else { given };
        return Err(failed(&format!("{place} is empty; to clear the setting, say {option} ''")));
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
