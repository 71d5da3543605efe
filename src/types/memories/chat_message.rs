//! Messages of a conversation.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::Error;
use crate::types::open_enum::ParsedValue;

open_enum! {
    /// Author of a message.
    pub enum ChatRole("message role") {
        /// `user`: the person who talks to the assistant.
        User = "user",
        /// `assistant`: the program.
        Assistant = "assistant",
        /// `system`: instructions to the program. With `infer(false)`, the platform skips these messages.
        System = "system",
    }
}

/// Message of a conversation: role, content and an optional name.
///
/// ```
/// use mem0::ChatMessage;
///
/// let text = ChatMessage::user("I like tea").name("alice");
/// let picture = ChatMessage::user(mem0::memories::ChatContent::ImageUrl("https://example.com/tea.jpg".into()));
/// assert_eq!(serde_json::to_string(&text)?, r#"{"role":"user","content":"I like tea","name":"alice"}"#);
/// assert_eq!(
///     serde_json::to_string(&picture)?,
///     r#"{"role":"user","content":{"type":"image_url","image_url":{"url":"https://example.com/tea.jpg"}}}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// `Debug` shows the role only.
#[derive(Clone, PartialEq)]
pub struct ChatMessage {
    role: ParsedValue<ChatRole>,
    content: ChatContent,
    name: Option<String>,
}

impl ChatMessage {
    /// Creates a message with this role. An unknown role is refused before anything is sent; to send it, use
    /// [`ChatRole::Other`].
    pub fn new(role: impl TryInto<ChatRole, Error: Into<Error>>, content: impl Into<ChatContent>) -> Self {
        Self { role: ParsedValue::new(role), content: content.into(), name: None }
    }

    /// Creates a message of the user.
    pub fn user(content: impl Into<ChatContent>) -> Self {
        Self::new(ChatRole::User, content)
    }

    /// Creates a message of the assistant.
    pub fn assistant(content: impl Into<ChatContent>) -> Self {
        Self::new(ChatRole::Assistant, content)
    }

    /// Creates a system message.
    pub fn system(content: impl Into<ChatContent>) -> Self {
        Self::new(ChatRole::System, content)
    }

    /// Name of the author, as context for extracting memories. It does not decide which user or agent they belong to.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Reason why the message is invalid, if it is.
    pub(crate) fn problem(&self) -> Option<Cow<'static, str>> {
        match &self.role.0 {
            Ok(role) if !role.as_str().trim().is_empty() => {}
            Ok(_) => return Some("has an empty role; expected user, assistant or system".into()),
            Err(message) => return Some(format!("has a role that {message}").into()),
        }
        match &self.content {
            ChatContent::Text(text) if text.trim().is_empty() => {
                Some("has empty text; leave the message out".into())
            }
            ChatContent::ImageUrl(url)
            | ChatContent::MdxUrl(url)
            | ChatContent::TxtUrl(url)
            | ChatContent::PdfUrl(url)
                if url.trim().is_empty() =>
            {
                Some("has an empty URL; leave the message out".into())
            }
            _ => None,
        }
    }
}

impl Serialize for ChatMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("role", &self.role)?;
        object.serialize_entry("content", &self.content)?;
        if let Some(name) = &self.name {
            object.serialize_entry("name", name)?;
        }
        object.end()
    }
}

impl<'de> Deserialize<'de> for ChatMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            role: ParsedValue<ChatRole>,
            content: ChatContent,
            name: Option<String>,
        }

        Fields::deserialize(deserializer).map(|Fields { role, content, name }| Self { role, content, name })
    }
}

/// An empty message of the user, which is refused before anything is sent.
impl Default for ChatMessage {
    fn default() -> Self {
        Self::user("")
    }
}

impl fmt::Debug for ChatMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatMessage").field("role", &self.role.0).finish_non_exhaustive()
    }
}

impl From<&str> for ChatMessage {
    fn from(text: &str) -> Self {
        Self::user(text)
    }
}

impl From<String> for ChatMessage {
    fn from(text: String) -> Self {
        Self::user(text)
    }
}

/// Content of a message.
///
/// Anything but text requires inference, which `infer(false)` turns off.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum ChatContent {
    /// Text.
    Text(String),
    /// Image: an `http(s)` URL, or `data:image/jpeg;base64,…`.
    ImageUrl(String),
    /// Markdown document: a URL, or the document in base64 without a prefix.
    MdxUrl(String),
    /// Plain text document: a URL, or the document in base64 without a prefix.
    TxtUrl(String),
    /// PDF document: a URL.
    PdfUrl(String),
    /// Content that this version of the crate does not know. It is sent unchanged.
    Other(Value),
}

impl Serialize for ChatContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, url) = match self {
            Self::Text(text) => return serializer.serialize_str(text),
            Self::Other(value) => return value.serialize(serializer),
            Self::ImageUrl(url) => ("image_url", url),
            Self::MdxUrl(url) => ("mdx_url", url),
            Self::TxtUrl(url) => ("txt_url", url),
            Self::PdfUrl(url) => ("pdf_url", url),
        };
        let mut object = serializer.serialize_map(Some(2))?;
        object.serialize_entry("type", kind)?;
        object.serialize_entry(kind, &serde_json::json!({ "url": url }))?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for ChatContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match Value::deserialize(deserializer)? {
            Value::String(text) => return Ok(Self::Text(text)),
            value => value,
        };
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        let url = value.get(kind).and_then(|content| content.get("url")).and_then(Value::as_str);
        let content = match (kind, url.map(str::to_owned)) {
            ("image_url", Some(url)) => Self::ImageUrl(url),
            ("mdx_url", Some(url)) => Self::MdxUrl(url),
            ("txt_url", Some(url)) => Self::TxtUrl(url),
            ("pdf_url", Some(url)) => Self::PdfUrl(url),
            _ => return Ok(Self::Other(value)),
        };
        // An object with more fields is kept as it is.
        let is_complete = serde_json::to_value(&content).is_ok_and(|known| known == value);
        Ok(if is_complete { content } else { Self::Other(value) })
    }
}

impl fmt::Debug for ChatContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChatContent([hidden])")
    }
}

impl From<&str> for ChatContent {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ChatContent {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Messages of one [`AddMemories`](crate::AddMemories): a text, which is a message of the user, or one or several messages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatMessages(pub(crate) Vec<ChatMessage>);

impl From<&str> for ChatMessages {
    fn from(text: &str) -> Self {
        Self(vec![text.into()])
    }
}

impl From<String> for ChatMessages {
    fn from(text: String) -> Self {
        Self(vec![text.into()])
    }
}

impl From<ChatMessage> for ChatMessages {
    fn from(message: ChatMessage) -> Self {
        Self(vec![message])
    }
}

impl From<Vec<ChatMessage>> for ChatMessages {
    fn from(messages: Vec<ChatMessage>) -> Self {
        Self(messages)
    }
}

impl<const N: usize> From<[ChatMessage; N]> for ChatMessages {
    fn from(messages: [ChatMessage; N]) -> Self {
        Self(messages.into())
    }
}

impl From<&[ChatMessage]> for ChatMessages {
    fn from(messages: &[ChatMessage]) -> Self {
        Self(messages.to_vec())
    }
}
