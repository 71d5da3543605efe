//! Line of an import file and its JSON format.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde_json::{Map, Value};

use crate::bulk::envelope::Expiration;
use crate::bulk::surrogates::replace_unpaired_surrogates;

/// Line as it was parsed, before validation.
#[derive(Default)]
pub(crate) struct RecordLine {
    pub(crate) memory: Option<String>,
    pub(crate) messages: Option<Vec<LineMessage>>,
    pub(crate) user_id: Option<EntityId>,
    pub(crate) agent_id: Option<EntityId>,
    pub(crate) app_id: Option<EntityId>,
    pub(crate) run_id: Option<EntityId>,
    pub(crate) session_id: Option<EntityId>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) timestamp: Option<Value>,
    pub(crate) created_at: Option<Value>,
    pub(crate) expiration_date: Expiration,
    pub(crate) immutable: Option<bool>,
    /// Names of unknown fields, truncated.
    pub(crate) unknown_fields: Vec<String>,
}

/// Fields that an import reads.
pub(crate) const KNOWN_FIELDS: [&str; 12] = [
    "memory",
    "messages",
    "user_id",
    "agent_id",
    "app_id",
    "run_id",
    "session_id",
    "metadata",
    "timestamp",
    "created_at",
    "expiration_date",
    "immutable",
];

/// Fields of an export that an import ignores.
const IGNORED_FIELDS: [&str; 16] = [
    "id",
    "hash",
    "name",
    "type",
    "owner",
    "organization",
    "categories",
    "score",
    "score_breakdown",
    "updated_at",
    "structured_attributes",
    "replaced_by",
    "synthesized",
    "lifecycle_state",
    "is_updated",
    "input",
];

/// Maximum number of characters that are kept of the name of an unknown field.
const MAX_NAME_CHARS: usize = 60;

impl<'de> Deserialize<'de> for RecordLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = RecordLine;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RecordLine, A::Error> {
                let mut line = RecordLine::default();
                let mut is_read = [false; KNOWN_FIELDS.len()];
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let known = KNOWN_FIELDS.iter().position(|known| *known == name);
                    if let Some(duplicate) =
                        known.filter(|known| std::mem::replace(&mut is_read[*known], true))
                    {
                        return Err(de::Error::duplicate_field(KNOWN_FIELDS[duplicate]));
                    }
                    match &*name {
                        "memory" => line.memory = map.next_value()?,
                        "messages" => line.messages = map.next_value()?,
                        "user_id" => line.user_id = map.next_value()?,
                        "agent_id" => line.agent_id = map.next_value()?,
                        "app_id" => line.app_id = map.next_value()?,
                        "run_id" => line.run_id = map.next_value()?,
                        "session_id" => line.session_id = map.next_value()?,
                        "metadata" => line.metadata = map.next_value()?,
                        "timestamp" => line.timestamp = map.next_value()?,
                        "created_at" => line.created_at = map.next_value()?,
                        "expiration_date" => line.expiration_date = map.next_value()?,
                        "immutable" => line.immutable = map.next_value()?,
                        name => {
                            if !IGNORED_FIELDS.contains(&name) {
                                line.unknown_fields.push(name.chars().take(MAX_NAME_CHARS).collect());
                            }
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(line)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// Message of a line.
#[derive(serde::Deserialize)]
pub(crate) struct LineMessage {
    pub(crate) role: String,
    pub(crate) content: String,
}

/// Entity id: a string or an integer.
pub(crate) struct EntityId(pub(crate) String);

impl<'de> Deserialize<'de> for EntityId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_integer = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) if is_integer(&number.to_string()) => Ok(Self(number.to_string())),
            other => Err(de::Error::invalid_type(kind_of(&other), &"a string or an integer")),
        }
    }
}

/// JSON object. Read as a `Value`, because a `Map` accepts a number with `serde_json`'s feature `arbitrary_precision`.
pub(crate) struct Metadata(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(object) => Ok(Self(object)),
            other => Err(de::Error::invalid_type(kind_of(&other), &"an object")),
        }
    }
}

/// Type of a value, for an error message that does not show the value.
fn kind_of(value: &Value) -> Unexpected<'static> {
    match value {
        Value::Object(_) => Unexpected::Map,
        Value::Null => Unexpected::Unit,
        Value::Array(_) => Unexpected::Seq,
        Value::String(_) => Unexpected::Other("string"),
        Value::Bool(_) => Unexpected::Other("boolean"),
        Value::Number(_) => Unexpected::Other("number"),
    }
}

impl RecordLine {
    /// Parses a line. The flag says whether unpaired surrogates were replaced; the error is the reason.
    pub(crate) fn parse(line: &[u8]) -> Result<(Self, bool), String> {
        let text = std::str::from_utf8(line)
            .map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to() + 1))?;
        // Gives arrays and scalars a clearer reason than serde does.
        if !text.trim_start().starts_with('{') {
            return Err("not a JSON object".to_owned());
        }
        match serde_json::from_str(text) {
            Ok(line) => Ok((line, false)),
            Err(error) => match replace_unpaired_surrogates(text).map(|text| serde_json::from_str(&text)) {
                Some(Ok(line)) => Ok((line, true)),
                Some(Err(error)) => Err(invalid_json(&error)),
                None => Err(invalid_json(&error)),
            },
        }
    }
}

/// Reason for a line that is not a valid record.
fn invalid_json(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(message, _)| message);
    // serde quotes a string of the wrong type, which may be private.
    let unquoted = message.split_once('"').and_then(|(before, quoted)| {
        let (_, after) = quoted.rsplit_once('"')?;
        Some(format!("{}{after}", before.trim_end()))
    });
    let message = unquoted.as_deref().unwrap_or(message);
    format!("invalid JSON at column {}: {message}", error.column())
}
