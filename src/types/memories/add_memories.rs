//! Request to add memories.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::filter::check_date;
use crate::types::body::{Body, FieldValue};
use crate::types::checks::{ENTITY_IDS, check_date_or_timestamp, check_entity_id, check_object, check_text};
use crate::types::{ChatMessages, CustomCategory, EntityRef};

/// Messages to extract memories from, and the user, agent, app or run that the memories belong to.
///
/// At least one of user, agent, app and run is required. With both a user and an agent, memories from messages of the user
/// belong to the user, and memories from messages of the assistant belong to the agent; the app and the run are stored on
/// each memory.
///
/// ```
/// use mem0::{AddMemories, ChatMessage};
///
/// let text = AddMemories::new("I like tea").user_id("alice");
/// let talk = AddMemories::new([ChatMessage::user("I like tea"), ChatMessage::assistant("Noted")])
///     .user_id("alice")
///     .agent_id("butler")
///     .metadata(serde_json::json!({"source": "chat"}));
/// assert_eq!(
///     serde_json::to_value(&text)?,
///     serde_json::json!({"messages": [{"role": "user", "content": "I like tea"}], "user_id": "alice"})
/// );
/// # let _ = talk;
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// A tuple of messages and an [`EntityRef`] is a request too: `("I like tea", EntityRef::user("alice"))`.
///
/// `Debug` shows the names of the fields that are set, not the values.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "an AddMemories does nothing until it is passed to `add`"]
pub struct AddMemories {
    body: Body,
}

impl AddMemories {
    /// Creates a request from a text, which is a message of the user, or from one or several messages. An empty list
    /// and an empty message are refused before anything is sent.
    pub fn new(messages: impl Into<ChatMessages>) -> Self {
        let mut body = Body::default();
        body.set("messages".into(), FieldValue::Messages(messages.into().0));
        Self { body }
    }

    setters! {
        /// User that the memories belong to.
        user_id: text,

        /// Agent that the memories belong to.
        agent_id: text,

        /// App that the memories belong to.
        app_id: text,

        /// Run, or session, that the memories belong to.
        run_id: text,

        /// Metadata of each memory: a JSON object.
        metadata: json,

        /// Last day, in UTC, on which lists and searches return the memories: `YYYY-MM-DD`, without a time.
        expiration_date: time,
    }

    /// Sends `null` as the expiration date: the memories do not expire, even if the project sets an expiration date.
    pub fn never_expires(self) -> Self {
        self.with("expiration_date", Value::Null)
    }

    setters! {
        /// Instructions for extracting memories, in place of those of the project.
        custom_instructions: text,

        /// Instructions for extracting memories from messages of agents, in place of those of the project.
        agent_custom_instructions: text,
    }

    /// Categories for these memories, in place of those of the project. Each needs a description: a bare name is refused
    /// before anything is sent.
    pub fn custom_categories<I>(mut self, categories: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<CustomCategory>,
    {
        let categories = categories.into_iter().map(Into::into).collect();
        self.body.set("custom_categories".into(), FieldValue::Categories(categories));
        self
    }

    setters! {
        /// Whether the platform extracts memories from the messages, in the background. The default is `true`. With `false`,
        /// it stores each message of the user and of the assistant unchanged, at once.
        infer: flag,

        /// Whether later updates of the memories are forbidden.
        immutable: flag,

        /// Description of what to remember.
        includes: text,

        /// Description of what to leave out.
        excludes: text,
    }

    /// Time of creation in Unix seconds. The default is the time of the request.
    pub fn timestamp(self, seconds: i64) -> Self {
        self.with("timestamp", seconds)
    }

    setters! {
        /// IANA name of the time zone of the conversation, such as `Europe/Lisbon`.
        timezone: text,

        /// Time of the conversation.
        observation_datetime: time,

        /// Date of the conversation.
        observation_date: time,

        /// Schema for structured data: a JSON object. The platform does not document its effect.
        structured_data_schema: json,

        /// Id of a prompt profile. The platform does not document its effect.
        prompt_profile_id: text,

        /// Whether the platform reasons about times in the messages. The default is `true`.
        temporal_reasoning: flag,
    }

    set_any! {
        /// Sets a field that this version of the crate does not know. If a field is set twice, the last value wins.
    }
}

impl AddMemories {
    pub(crate) fn check(&self) -> Result<()> {
        let empty = || Err(Error::invalid("messages", "is empty; pass at least one message"));
        if self.body.get("messages").is_none() {
            return empty();
        }
        if let Some(FieldValue::Messages(messages)) = self.body.get("messages") {
            if messages.is_empty() {
                return empty();
            }
            for (index, message) in messages.iter().enumerate() {
                if let Some(problem) = message.problem() {
                    return Err(Error::invalid(
                        "messages",
                        format!("has an invalid message: number {} {problem}", index + 1),
                    ));
                }
            }
        }
        for field in ENTITY_IDS {
            check_entity_id(&self.body, field)?;
        }
        if !ENTITY_IDS.iter().any(|field| self.body.text(field).is_some()) {
            let message = "is missing, as are agent_id, app_id and run_id; set at least one of them";
            return Err(Error::invalid("user_id", message));
        }
        if let Some(FieldValue::Categories(categories)) = self.body.get("custom_categories") {
            let is_bare = |category: &CustomCategory| {
                category.name().trim().is_empty() || category.description().is_none()
            };
            if categories.iter().any(is_bare) {
                let message =
                    "has a category without a name or a description; only projects accept bare names";
                return Err(Error::invalid("custom_categories", message));
            }
        }
        for field in ["metadata", "structured_data_schema"] {
            check_object(&self.body, field)?;
        }
        for field in ["timezone", "prompt_profile_id"] {
            check_text(&self.body, field)?;
        }
        for field in ["observation_datetime", "observation_date"] {
            check_date_or_timestamp(&self.body, field)?;
        }
        match self.body.value("expiration_date") {
            None | Some(Value::Null) => Ok(()),
            Some(date) => check_date("expiration_date", date.as_str().unwrap_or_default()),
        }
    }
}

impl<M: Into<ChatMessages>> From<(M, EntityRef)> for AddMemories {
    fn from((messages, owner): (M, EntityRef)) -> Self {
        let (field, id) = owner.into_field();
        Self::new(messages).with(field, id)
    }
}

impl fmt::Debug for AddMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddMemories").field("set", &self.body.names()).finish_non_exhaustive()
    }
}
