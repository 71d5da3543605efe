//! Memories to be added.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::types::body::{Body, Setting};
use crate::types::check_day;
use crate::types::checks::{ENTITY_IDS, check_entity_id, check_moment, check_object, check_text};
use crate::types::{ChatMessages, CustomCategory};

/// What memories are to be made of, and whose they are (contract 3.1, "Add").
///
/// At least one of user, agent, app and run has to be named. With a user and an agent, what the user says becomes
/// the user's and what the assistant says the agent's; app and run are noted on each memory.
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
/// `Debug` shows which fields are set, not to what.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
#[must_use = "an AddMemories does nothing until it is passed to `add`"]
pub struct AddMemories {
    body: Body,
}

impl AddMemories {
    /// Memories of a text that the user says, of a message, or of several. Adding none, or an empty one, is refused
    /// before anything is sent.
    pub fn new(messages: impl Into<ChatMessages>) -> Self {
        let mut body = Body::default();
        body.set("messages".into(), Setting::Messages(messages.into().0));
        Self { body }
    }

    setters! {
        /// The user they are about.
        user_id: text,

        /// The agent they are about.
        agent_id: text,

        /// The app they come from.
        app_id: text,

        /// The run, or session, they come from.
        run_id: text,

        /// What to note on each memory: an object.
        metadata: json,

        /// The last day they are shown on, in UTC: `YYYY-MM-DD`, without a time.
        expiration_date: moment,
    }

    /// They are shown for good, whatever the project's own setting is: sends `null`.
    pub fn never_expires(self) -> Self {
        self.with("expiration_date", Value::Null)
    }

    setters! {
        /// What to extract, in place of the project's instructions.
        custom_instructions: text,

        /// What to extract of what agents say, in place of the project's instructions for that.
        agent_custom_instructions: text,
    }

    /// The categories to choose from, in place of the project's. Each needs a description (contract D3): a name
    /// alone is refused before anything is sent.
    pub fn custom_categories<I>(mut self, categories: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<CustomCategory>,
    {
        let categories = categories.into_iter().map(Into::into).collect();
        self.body.set("custom_categories".into(), Setting::Categories(categories));
        self
    }

    setters! {
        /// Whether memories are extracted, which takes its time; the platform does so unless this is `false`. Then
        /// each message of user and assistant is stored as it is, at once.
        infer: flag,

        /// Whether they are never changed again.
        immutable: flag,

        /// What is to be remembered, in words.
        includes: text,

        /// What is not to be remembered, in words.
        excludes: text,
    }

    /// When they were made, in seconds since 1970, in place of now.
    pub fn timestamp(self, seconds: i64) -> Self {
        self.with("timestamp", seconds)
    }

    setters! {
        /// The time zone of the conversation, by its IANA name, such as `Europe/Lisbon`.
        timezone: text,

        /// The moment the conversation took place.
        observation_datetime: moment,

        /// The day the conversation took place.
        observation_date: moment,

        /// A schema for structured data: an object. Its effect is not documented.
        structured_data_schema: json,

        /// The prompt profile to use. Its effect is not documented.
        prompt_profile_id: text,

        /// Whether times are reasoned about; the platform does so unless told otherwise.
        temporal_reasoning: flag,
    }

    set_any! {
        /// A field this version of the crate does not know. Naming a field twice keeps the last value.
    }
}

impl AddMemories {
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(Setting::Messages(messages)) = self.body.get("messages") {
            if messages.is_empty() {
                return Err(Error::invalid("messages", "are none; give at least one"));
            }
            for (index, message) in messages.iter().enumerate() {
                if let Some(flaw) = message.flaw() {
                    return Err(Error::invalid("messages", format!("number {} {flaw}", index + 1)));
                }
            }
        }
        for field in ENTITY_IDS {
            check_entity_id(&self.body, field)?;
        }
        if !ENTITY_IDS.iter().any(|field| self.body.text(field).is_some()) {
            let message = "is missing, and so are agent_id, app_id and run_id; say whose memories these are by one of \
                           them";
            return Err(Error::invalid("user_id", message));
        }
        if let Some(Setting::Categories(categories)) = self.body.get("custom_categories") {
            let is_bare = |category: &CustomCategory| {
                category.name().trim().is_empty() || category.description().is_none()
            };
            if categories.iter().any(is_bare) {
                let message =
                    "need a name and a description each; a project takes names alone, an add does not";
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
            check_moment(&self.body, field)?;
        }
        match self.body.value("expiration_date") {
            None | Some(Value::Null) => Ok(()),
            Some(day) => check_day("expiration_date", day.as_str().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for AddMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddMemories").field("set", &self.body.names()).finish_non_exhaustive()
    }
}
