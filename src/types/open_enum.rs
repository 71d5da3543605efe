//! The platform's closed lists of words, left open: a word this version does not know is kept when it is read, and
//! sent only if the caller says so.

use std::convert::Infallible;

use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::redact::redact_all;

/// Declares a list of words of the platform's: an enum whose last variant, `Other`, holds any other word. The text after
/// the name says what the words are, in errors.
///
/// Answers are read openly, by `Deserialize`. Text of a caller is looked up by `FromStr` and `TryFrom`, which take a
/// word in any spelling that differs only in case, blanks, hyphens and underscores, and refuse an unknown one.
macro_rules! open_enum {
    ($(#[$attribute:meta])* pub enum $name:ident($field:literal) {
        $($(#[$word_attribute:meta])* $word:ident = $text:literal,)*
    }) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_attribute])* $word,)*
            /// A word this version of the crate does not know. It is sent as it is.
            Other(String),
        }

        impl $name {
            /// The word as the platform writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $text,)*
                    Self::Other(other) => other,
                }
            }

            /// The word as the platform writes it; [`Other`](Self::Other) where this version does not know it.
            pub fn read(text: &str) -> Self {
                match text {
                    $($text => Self::$word,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::types::open_enum::known($field, stringify!($name), text, &[$($text),*]).map(Self::read)
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
                    $(Self::$word => f.write_str(stringify!($word)),)*
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
                <std::borrow::Cow<'de, str>>::deserialize(deserializer).map(|text| Self::read(&text))
            }
        }
    };
}

/// The word that a caller's text means.
pub(crate) fn known<'a>(
    field: &'static str,
    name: &str,
    text: &str,
    words: &[&'a str],
) -> Result<&'a str, Error> {
    let given = plain(text);
    if let Some(word) = words.iter().find(|word| plain(word) == given) {
        return Ok(word);
    }
    let expected = match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    };
    if text.trim().is_empty() {
        return Err(Error::invalid(field, format!("is empty; expected {expected}")));
    }
    let shown: String = redact_all(text).chars().take(LONGEST_SHOWN).collect();
    let meant = nearest(text, words).map_or_else(String::new, |word| format!("did you mean {word}? "));
    let message = format!(
        "is unknown: `{}`; {meant}expected {expected}, or `{name}::Other` for a word this version does not know",
        shown.escape_debug()
    );
    Err(Error::invalid(field, message))
}

/// The word that a text is most likely a misspelling of.
pub(crate) fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let given = plain(text);
    let nearest = words.iter().copied().min_by_key(|word| distance(&plain(word), &given));
    nearest.filter(|word| 3 * distance(&plain(word), &given) <= word.len())
}

/// How many characters of an unknown word an error shows.
const LONGEST_SHOWN: usize = 60;

/// The text without what spellings of one word differ in.
fn plain(text: &str) -> String {
    let is_part = |character: &char| !character.is_whitespace() && !matches!(character, '-' | '_');
    text.chars().filter(is_part).flat_map(char::to_lowercase).collect()
}

/// Levenshtein distance, of the beginnings where a text is longer than any word.
fn distance(word: &str, text: &str) -> usize {
    let text: Vec<char> = text.chars().take(LONGEST_SHOWN).collect();
    let mut row: Vec<usize> = (0..=text.len()).collect();
    for (line, from) in word.chars().enumerate() {
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

/// A word that a caller gave to a builder, or why it is none: told when it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CallerWord<W>(pub(crate) Result<W, String>);

impl<W> CallerWord<W> {
    pub(crate) fn new(word: impl TryInto<W, Error: Into<Error>>) -> Self {
        Self(word.try_into().map_err(|error| match error.into() {
            Error::Invalid { message, .. } => message,
            error => error.to_string(),
        }))
    }
}

impl<W: Serialize> Serialize for CallerWord<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(word) => word.serialize(serializer),
            Err(message) => Err(serde::ser::Error::custom(message)),
        }
    }
}

/// A word itself needs no look-up, and can't fail.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const WORDS: [&str; 3] = ["POSITIVE", "NEGATIVE", "VERY_NEGATIVE"];

    fn message(text: &str) -> String {
        match known("feedback", "Feedback", text, &WORDS) {
            Err(Error::Invalid { field: "feedback", message }) => message,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn spellings_of_a_word_are_the_word() {
        for text in ["VERY_NEGATIVE", "very_negative", "Very-Negative", " very negative\n", "veryNegative"] {
            assert_eq!(known("feedback", "Feedback", text, &WORDS).unwrap(), "VERY_NEGATIVE", "{text}");
        }
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_nearest_one() {
        let expected = "expected POSITIVE, NEGATIVE or VERY_NEGATIVE";
        for (text, meant) in [
            ("positiv", Some("POSITIVE")),
            ("negativ", Some("NEGATIVE")),
            ("VERY_NEGATVE", Some("VERY_NEGATIVE")),
            ("MEH", None),
            ("1", None),
        ] {
            let message = message(text);
            let found = meant.map(|word| format!("did you mean {word}?"));
            assert_eq!(message.contains("did you mean"), meant.is_some(), "{message}");
            assert!(found.is_none_or(|found| message.contains(&found)), "{message}");
            assert!(message.contains(&format!("`{text}`")) && message.contains(expected), "{message}");
            assert!(message.contains("`Feedback::Other`"), "{message}");
        }
        assert_eq!(message(" "), format!("is empty; {expected}"));
    }

    #[test]
    fn what_is_shown_of_a_word_is_short_and_holds_no_secret() {
        let message = message(&format!("ann@x.io m0-secret\n{}", "x".repeat(10_000)));
        assert!(!message.contains("x.io") && !message.contains("m0-secret") && !message.contains('\n'));
        assert!(message.len() < 300, "{message}");
    }

    #[test]
    fn distances() {
        for (one, other, distance) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("owner", "onwer", 2)]
        {
            assert_eq!(super::distance(one, other), distance, "{one} {other}");
        }
    }
}
