//! Requests to update memories.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::filter::check_date;
use crate::ids::MemoryId;
use crate::types::body::{Body, FieldValue};
use crate::types::checks::{check_date_or_timestamp, check_object};

/// Changes to a memory.
///
/// Fields that are not set stay unchanged. An update without fields is refused before anything is sent.
///
/// ```
/// use mem0::memories::MemoryUpdate;
///
/// let update = MemoryUpdate::new().text("Likes green tea").clear_expiration_date();
/// assert_eq!(
///     serde_json::to_value(&update)?,
///     serde_json::json!({"text": "Likes green tea", "expiration_date": null})
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// `Debug` shows the names of the fields that are set, not the values.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a MemoryUpdate does nothing until it is passed to `update`"]
pub struct MemoryUpdate {
    body: Body,
}

impl MemoryUpdate {
    /// Creates an update without changes.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// New text. `""` sets an empty text.
        text: text,

        /// New metadata: a JSON object, which replaces all old metadata.
        metadata: json,

        /// Last day, in UTC, on which lists and searches return the memory: `YYYY-MM-DD`, without a time.
        expiration_date: time,
    }

    /// Sends `null` as the expiration date: the memory does not expire.
    pub fn clear_expiration_date(self) -> Self {
        self.with("expiration_date", Value::Null)
    }

    setters! {
        /// Time of creation.
        timestamp: time,
    }

    set_any! {
        /// Sets a field that this version of the crate does not know. If a field is set twice, the last value wins.
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.body.is_empty() {
            let message = "has no changes; set a text, metadata or an expiration date";
            return Err(Error::invalid("update", message));
        }
        check_object(&self.body, "metadata")?;
        check_date_or_timestamp(&self.body, "timestamp")?;
        match self.body.value("expiration_date") {
            None | Some(Value::Null) => Ok(()),
            Some(date) => check_date("expiration_date", date.as_str().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for MemoryUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryUpdate").field("set", &self.body.names()).finish_non_exhaustive()
    }
}

/// One memory of a batch update, with its new text, its new metadata, or both.
///
/// ```
/// use mem0::memories::BatchUpdateItem;
///
/// let edit = BatchUpdateItem::new("mem-1").text("Likes green tea");
/// assert_eq!(serde_json::to_string(&edit)?, r#"{"memory_id":"mem-1","text":"Likes green tea"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// `Debug` shows the names of the fields that are set, not the values.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a BatchUpdateItem does nothing until it is passed to `batch_update`"]
pub struct BatchUpdateItem {
    body: Body,
}

impl BatchUpdateItem {
    /// Creates an update of this memory without changes. It is refused unless a change is set.
    pub fn new(memory_id: impl Into<MemoryId>) -> Self {
        let mut body = Body::default();
        body.set("memory_id".into(), FieldValue::Other(memory_id.into().into_string().into()));
        Self { body }
    }

    /// New text. `""` sets an empty text.
    pub fn text(self, text: impl Into<String>) -> Self {
        let text: String = text.into();
        self.set("text", text)
    }

    /// New metadata: a JSON object, which replaces all old metadata.
    pub fn metadata(self, metadata: impl Into<Value>) -> Self {
        self.set("metadata", metadata)
    }

    /// Sets a field that this version of the crate does not know. If a field is set twice, the last value wins.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.body.set(name.into().into(), FieldValue::Other(value.into()));
        self
    }

    pub(crate) fn memory_id(&self) -> MemoryId {
        self.body.text("memory_id").unwrap_or_default().into()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.body.names().len() == 1 {
            return Err(Error::invalid("memories", "has a memory without changes; set a text or metadata"));
        }
        check_object(&self.body, "metadata")
    }
}

impl fmt::Debug for BatchUpdateItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchUpdateItem").field("set", &self.body.names()).finish_non_exhaustive()
    }
}
