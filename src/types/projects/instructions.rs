//! Instructions of a project.

use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use crate::redact::Redacted;

/// Instructions of a project: text that dereferences to `str`.
///
/// The platform documents a string, but its OpenAPI file has an array of strings in one place, which is read as lines: see
/// `docs/platform-api.md`.
///
/// ```
/// let lines: mem0::projects::Instructions = serde_json::from_str(r#"["Be brief.", "No names."]"#)?;
/// assert_eq!(lines, "Be brief.\nNo names.");
/// assert!(lines.contains("brief"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Instructions(String);

impl Instructions {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Instructions {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Instructions {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PartialEq<str> for Instructions {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Instructions {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Debug for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instructions").field(&Redacted(&self.0)).finish()
    }
}

impl fmt::Display for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Instructions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Instructions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, or an array of strings")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Instructions, E> {
                Ok(Instructions(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Instructions, E> {
                Ok(Instructions(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<Instructions, A::Error> {
                let mut text = String::new();
                let mut first = true;
                while let Some(line) = lines.next_element::<String>()? {
                    if !std::mem::take(&mut first) {
                        text.push('\n');
                    }
                    text.push_str(&line);
                }
                Ok(Instructions(text))
            }
        }

        deserializer.deserialize_any(Text)
    }
}
