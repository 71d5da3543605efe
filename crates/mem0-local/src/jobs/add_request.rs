//! Request to add memories: parsed from a request, and again from its event when the memories are created.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::check;
use crate::protocol::body_reader::BodyReader;
use crate::search::categories::{self, Category};

/// Text fields that are validated and have no effect here: see `docs/platform-api.md#adding-memories`.
const UNUSED_TEXTS: &[&str] = &[
    "includes",
    "excludes",
    "output_format",
    "prompt_profile_id",
    "timezone",
    "observation_datetime",
    "observation_date",
    "version",
    "org_id",
    "project_id",
];
/// Boolean fields that are validated and have no effect here.
const UNUSED_BOOLEANS: &[&str] = &["enable_graph", "temporal_reasoning", "async_mode"];

/// A valid request to add memories.
#[derive(Debug, Clone)]
pub(crate) struct AddRequest {
    pub(crate) messages: Vec<Message>,
    pub(crate) user_id: Option<String>,
    pub(crate) agent_id: Option<String>,
    pub(crate) app_id: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) metadata: Option<Value>,
    /// `None` if the project's default applies.
    pub(crate) expiration: Option<Expiration>,
    pub(crate) infer: bool,
    pub(crate) immutable: bool,
    /// Microseconds since 1970.
    pub(crate) timestamp: Option<i64>,
    pub(crate) custom_categories: Option<Vec<Category>>,
    pub(crate) custom_instructions: Option<String>,
    pub(crate) agent_custom_instructions: Option<String>,
    pub(crate) includes: Option<String>,
    pub(crate) excludes: Option<String>,
}

/// Expiration of a memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expiration {
    /// `null`.
    Never,
    /// Last day on which the memory is found.
    On(String),
}

impl Expiration {
    /// Takes `expiration_date` out of a body. An invalid value is recorded as an error of the body.
    pub(crate) fn take(body: &mut BodyReader) -> Option<Self> {
        let value = body.take("expiration_date")?;
        if value.is_null() {
            return Some(Self::Never);
        }
        check::date(&value).map(Self::On).map_err(|text| body.add_error("expiration_date", &text)).ok()
    }

    /// Date as it is stored.
    pub(crate) fn date(&self) -> Option<String> {
        match self {
            Self::Never => None,
            Self::On(date) => Some(date.clone()),
        }
    }
}

/// A message of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) role: MessageRole,
    pub(crate) content: Content,
    /// JSON of the message as it was sent.
    pub(crate) sent: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageRole {
    User,
    Assistant,
    System,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Text(String),
    /// Image or document.
    Media(Value),
}

impl AddRequest {
    /// Takes a request out of a body. `None` if it is invalid; the body then contains the errors.
    pub(crate) fn read(body: &mut BodyReader) -> Option<Self> {
        let messages = body.take("messages").and_then(|value| messages(body, value));
        let [user_id, agent_id, app_id, run_id] =
            ["user_id", "agent_id", "app_id", "run_id"].map(|field| optional(body, field, id));
        let has_scope = [&user_id, &agent_id, &app_id, &run_id].iter().any(|id| id.is_some());
        let infer = optional(body, "infer", boolean).unwrap_or(true);
        let request = Self {
            messages: messages.unwrap_or_default(),
            user_id,
            agent_id,
            app_id,
            run_id,
            metadata: optional(body, "metadata", object),
            expiration: Expiration::take(body),
            infer,
            immutable: optional(body, "immutable", boolean).unwrap_or(false),
            timestamp: optional(body, "timestamp", seconds),
            custom_categories: optional(body, "custom_categories", described_categories).flatten(),
            custom_instructions: optional(body, "custom_instructions", text),
            agent_custom_instructions: optional(body, "agent_custom_instructions", text),
            includes: optional(body, "includes", text),
            excludes: optional(body, "excludes", text),
        };
        for field in UNUSED_TEXTS {
            optional(body, field, text);
        }
        for field in UNUSED_BOOLEANS {
            optional(body, field, boolean);
        }
        optional(body, "structured_data_schema", object);
        if !infer && request.messages.iter().any(|message| matches!(message.content, Content::Media(_))) {
            body.add_error("messages", "Images and documents require infer to be true.");
        }
        (has_scope && !request.messages.is_empty() && !body.has_errors()).then_some(request)
    }
}

/// Reads an optional field. `null` is treated as missing.
fn optional<T>(body: &mut BodyReader, field: &str, read: fn(&Value) -> Result<T, String>) -> Option<T> {
    let value = body.take(field).filter(|value| !value.is_null())?;
    read(&value).map_err(|text| body.add_error(field, &text)).ok()
}

fn text(value: &Value) -> Result<String, String> {
    Ok(check::text(value)?.to_owned())
}

fn id(value: &Value) -> Result<String, String> {
    let id = check::text(value)?;
    match id.trim() {
        "" => Err("This field may not be blank.".to_owned()),
        "*" => Err("\"*\" is a wildcard and not a valid identifier.".to_owned()),
        _ => Ok(id.to_owned()),
    }
}

fn boolean(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "Must be a valid boolean.".to_owned())
}

pub(crate) fn object(value: &Value) -> Result<Value, String> {
    if value.is_object() { Ok(value.clone()) } else { Err(not_an_object(value)) }
}

/// Reads whole seconds since 1970 as microseconds.
fn seconds(value: &Value) -> Result<i64, String> {
    let whole = value.as_i64().ok_or("A valid integer is required.")?;
    let timestamp = Timestamp::from_second(whole).map_err(|_| "Must be a Unix timestamp in seconds.")?;
    Ok(timestamp.as_microsecond())
}

/// Categories of a request. Only objects are accepted: see `docs/platform-api.md#items-of-custom-categories`.
fn described_categories(value: &Value) -> Result<Option<Vec<Category>>, String> {
    let Value::Array(items) = value else { return Err("Expected a list of items.".to_owned()) };
    for item in items {
        let Value::Object(pairs) = item else { return Err(not_an_object(item)) };
        if pairs.is_empty() || pairs.iter().any(|(name, text)| name.trim().is_empty() || !text.is_string()) {
            return Err("Expected objects with a name and its description; neither may be blank.".to_owned());
        }
    }
    Ok(categories::read(Some(value)))
}

fn not_an_object(value: &Value) -> String {
    let kind = match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    };
    format!("Expected a dictionary of items but got type \"{kind}\"")
}

/// Reads one or several messages. A string is a message of the user.
fn messages(body: &mut BodyReader, value: Value) -> Option<Vec<Message>> {
    let list = match value {
        Value::Array(list) => list,
        Value::Object(_) => vec![value],
        Value::String(content) if content.is_empty() => Vec::new(),
        Value::String(content) => {
            vec![Value::Object(Map::from_iter([
                ("role".to_owned(), "user".into()),
                ("content".to_owned(), content.into()),
            ]))]
        }
        Value::Null => return None,
        _ => {
            body.add_error("messages", "Expected a list of messages.");
            return None;
        }
    };
    let read = list.into_iter().enumerate().map(|(at, sent)| {
        message(sent).map_err(|text| body.add_error("messages", &format!("Item {at}: {text}")))
    });
    read.collect::<Result<Vec<_>, _>>().ok()
}

fn message(sent: Value) -> Result<Message, String> {
    let Value::Object(fields) = &sent else { return Err(not_an_object(&sent)) };
    let role = match fields.get("role").and_then(Value::as_str) {
        Some("user") => MessageRole::User,
        Some("assistant" | "agent") => MessageRole::Assistant,
        Some("system") => MessageRole::System,
        _ => return Err("role must be user, assistant or system.".to_owned()),
    };
    if fields.get("name").is_some_and(|name| !name.is_null() && !name.is_string()) {
        return Err("name must be a string.".to_owned());
    }
    let content = match fields.get("content") {
        Some(Value::String(text)) if !text.trim().is_empty() => Content::Text(text.clone()),
        Some(media @ Value::Object(_)) if is_media(media) => Content::Media(media.clone()),
        Some(Value::Object(_)) => {
            return Err("content must be {\"type\": T, T: {\"url\": …}} with T one of image_url, mdx_url, \
                        txt_url and pdf_url."
                .to_owned());
        }
        Some(Value::String(_)) => return Err("content may not be blank.".to_owned()),
        _ => return Err("content must be a string or an object.".to_owned()),
    };
    Ok(Message { role, content, sent })
}

fn is_media(content: &Value) -> bool {
    let Some(kind) = content["type"].as_str() else { return false };
    ["image_url", "mdx_url", "txt_url", "pdf_url"].contains(&kind)
        && content[kind]["url"].as_str().is_some_and(|url| !url.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rejects_seconds_outside_the_range_of_timestamps() {
        assert_eq!(seconds(&json!(1_672_531_200)), Ok(1_672_531_200_000_000));
        for none in [json!(i64::MAX), json!(i64::MIN), json!(1.5), json!("1"), json!(true)] {
            assert!(seconds(&none).is_err(), "{none}");
        }
    }
}
