//! Enums that keep unknown values: a response may have values that this version does not know. A caller sends one only
//! by naming the variant `Other`.

use std::convert::Infallible;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;
use crate::redact::redact_all;

/// Declares an enum of string values whose last variant, `Other`, holds unknown values. The text after the name is the
/// field that errors name.
///
/// `Deserialize` accepts every string. `FromStr` and `TryFrom`, for text of a caller, ignore case, whitespace, hyphens
/// and underscores, and refuse unknown values.
macro_rules! open_enum {
    ($(#[$attribute:meta])* pub enum $name:ident($field:literal) {
        $($(#[$variant_attribute:meta])* $variant:ident = $text:literal,)*
    }) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_attribute])* $variant,)*
            /// Value that this version of the crate does not know. It is sent unchanged.
            Other(String),
        }

        impl $name {
            /// Returns the value as the platform sends it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(other) => other,
                }
            }

            /// Converts a value as the platform sends it. A value that is unknown to this version, or spelled
            /// differently, becomes [`Other`](Self::Other). To parse text from a user, use `parse`.
            pub fn from_wire(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::types::open_enum::parse_value($field, stringify!($name), text, &[$($text),*]).map(Self::from_wire)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::error::Error;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::error::Error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant => f.write_str(stringify!($variant)),)*
                    Self::Other(other) => f.debug_tuple("Other").field(&$crate::redact::Redacted(other)).finish(),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(deserializer).map(|text| Self::from_wire(&text))
            }
        }
    };
}

/// Finds the value that a caller's text stands for.
pub(crate) fn parse_value<'a>(
    field: &'static str,
    name: &str,
    text: &str,
    values: &[&'a str],
) -> Result<&'a str, Error> {
    let given = normalized(text);
    if let Some(value) = values.iter().find(|value| normalized(value) == given) {
        return Ok(value);
    }
    let expected = match values.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => values.concat(),
    };
    if text.trim().is_empty() {
        return Err(Error::invalid(field, format!("is empty; expected {expected}")));
    }
    let shown: String = redact_all(text).chars().take(MAX_SHOWN_CHARS).collect();
    let suggestion =
        nearest(text, values).map_or_else(String::new, |value| format!("did you mean {value}? "));
    let message = format!(
        "is unknown: `{}`; {suggestion}expected {expected}, or `{name}::Other` for a value that this version does not know",
        shown.escape_debug()
    );
    Err(Error::invalid(field, message))
}

/// Finds the value that a text is most likely a misspelling of.
pub(crate) fn nearest<'a>(text: &str, values: &[&'a str]) -> Option<&'a str> {
    let given = normalized(text);
    let nearest = values.iter().copied().min_by_key(|value| distance(&normalized(value), &given));
    nearest.filter(|value| 3 * distance(&normalized(value), &given) <= value.len())
}

/// Number of characters of an unknown value that an error shows.
const MAX_SHOWN_CHARS: usize = 60;

/// Lower-case text without whitespace, hyphens and underscores.
fn normalized(text: &str) -> String {
    let is_kept = |character: &char| !character.is_whitespace() && !matches!(character, '-' | '_');
    text.chars().filter(is_kept).flat_map(char::to_lowercase).collect()
}

/// Levenshtein distance to the first [`MAX_SHOWN_CHARS`] characters of a text.
fn distance(value: &str, text: &str) -> usize {
    let text: Vec<char> = text.chars().take(MAX_SHOWN_CHARS).collect();
    let mut row: Vec<usize> = (0..=text.len()).collect();
    for (line, from) in value.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in text.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[text.len()]
}

/// Value passed to a builder, or the reason why it is invalid, which is reported when the value would be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParsedValue<V>(pub(crate) Result<V, String>);

impl<V> ParsedValue<V> {
    pub(crate) fn new(value: impl TryInto<V, Error: Into<Error>>) -> Self {
        Self(value.try_into().map_err(|error| match error.into() {
            Error::Invalid { message, .. } => message,
            error => error.to_string(),
        }))
    }
}

impl<V: Serialize> Serialize for ParsedValue<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(value) => value.serialize(serializer),
            Err(message) => Err(serde::ser::Error::custom(message)),
        }
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ParsedValue<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        V::deserialize(deserializer).map(|value| Self(Ok(value)))
    }
}

/// The conversion of a value into itself cannot fail.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const VALUES: [&str; 3] = ["POSITIVE", "NEGATIVE", "VERY_NEGATIVE"];

    fn message(text: &str) -> String {
        match parse_value("feedback", "Feedback", text, &VALUES) {
            Err(Error::Invalid { field: "feedback", message }) => message,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn spelling_variants_are_accepted() {
        for text in ["VERY_NEGATIVE", "very_negative", "Very-Negative", " very negative\n", "veryNegative"] {
            assert_eq!(
                parse_value("feedback", "Feedback", text, &VALUES).unwrap(),
                "VERY_NEGATIVE",
                "{text}"
            );
        }
    }

    #[test]
    fn an_unknown_value_is_refused_with_a_suggestion() {
        let expected = "expected POSITIVE, NEGATIVE or VERY_NEGATIVE";
        for (text, suggested) in [
            ("positiv", Some("POSITIVE")),
            ("negativ", Some("NEGATIVE")),
            ("VERY_NEGATVE", Some("VERY_NEGATIVE")),
            ("MEH", None),
            ("1", None),
        ] {
            let message = message(text);
            let found = suggested.map(|value| format!("did you mean {value}?"));
            assert_eq!(message.contains("did you mean"), suggested.is_some(), "{message}");
            assert!(found.is_none_or(|found| message.contains(&found)), "{message}");
            assert!(message.contains(&format!("`{text}`")) && message.contains(expected), "{message}");
            assert!(message.contains("`Feedback::Other`"), "{message}");
        }
        assert_eq!(message(" "), format!("is empty; {expected}"));
    }

    #[test]
    fn the_shown_value_is_short_and_redacted() {
        let message = message(&format!("ann@x.io m0-secret\n{}", "x".repeat(10_000)));
        assert!(!message.contains("x.io") && !message.contains("m0-secret") && !message.contains('\n'));
        assert!(message.len() < 300, "{message}");
    }

    #[test]
    fn levenshtein_distances() {
        for (one, other, distance) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("owner", "onwer", 2)]
        {
            assert_eq!(super::distance(one, other), distance, "{one} {other}");
        }
    }
}
