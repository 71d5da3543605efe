//! Changes of memories.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::id::MemoryId;
use crate::types::body::{Body, Setting};
use crate::types::check_day;
use crate::types::checks::{check_moment, check_object};

/// A change of a memory (contract 3.2, "Update"). What is not named stays as it is; an update that names nothing is
/// refused before anything is sent.
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
/// `Debug` shows which fields are set, not to what.
#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
#[must_use = "a MemoryUpdate does nothing until it is passed to `update`"]
pub struct MemoryUpdate {
    body: Body,
}

impl MemoryUpdate {
    /// An update that names nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The new text. `""` is sent as it is.
        text: text,

        /// The new metadata, an object, in place of all of the old.
        metadata: json,

        /// The last day it is shown on, in UTC: `YYYY-MM-DD`, without a time.
        expiration_date: moment,
    }

    /// It is shown for good: sends `null`.
    pub fn clear_expiration_date(self) -> Self {
        self.with("expiration_date", Value::Null)
    }

    setters! {
        /// When it was made: seconds since 1970, or a moment.
        timestamp: moment,
    }

    set_any! {
        /// A field this version of the crate does not know. Naming a field twice keeps the last value.
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.body.is_empty() {
            let message = "names nothing to change; name a text, metadata or an expiration date";
            return Err(Error::invalid("update", message));
        }
        check_object(&self.body, "metadata")?;
        check_moment(&self.body, "timestamp")?;
        match self.body.value("expiration_date") {
            None | Some(Value::Null) => Ok(()),
            Some(day) => check_day("expiration_date", day.as_str().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for MemoryUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryUpdate").field("set", &self.body.names()).finish_non_exhaustive()
    }
}

/// One of many memories to be changed, with its new text, its new metadata or both (contract 3.4).
///
/// ```
/// use mem0::memories::MemoryEdit;
///
/// let edit = MemoryEdit::new("mem-1").text("Likes green tea");
/// assert_eq!(serde_json::to_string(&edit)?, r#"{"memory_id":"mem-1","text":"Likes green tea"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// `Debug` shows which fields are set, not to what.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
#[must_use = "a MemoryEdit does nothing until it is passed to `batch_update`"]
pub struct MemoryEdit {
    body: Body,
}

impl MemoryEdit {
    /// A change of that memory which names nothing yet, and is refused as it is.
    pub fn new(memory_id: impl Into<MemoryId>) -> Self {
        let mut body = Body::default();
        body.set("memory_id".into(), Setting::Other(memory_id.into().into_string().into()));
        Self { body }
    }

    /// The new text. `""` is sent as it is.
    pub fn text(self, text: impl Into<String>) -> Self {
        let text: String = text.into();
        self.set("text", text)
    }

    /// The new metadata, an object, in place of all of the old.
    pub fn metadata(self, metadata: impl Into<Value>) -> Self {
        self.set("metadata", metadata)
    }

    /// A field this version of the crate does not know. Naming a field twice keeps the last value.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.body.set(name.into().into(), Setting::Other(value.into()));
        self
    }

    pub(crate) fn memory_id(&self) -> MemoryId {
        self.body.text("memory_id").unwrap_or_default().into()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.body.names().len() == 1 {
            return Err(Error::invalid(
                "memories",
                "hold one with nothing to change; name a text or metadata",
            ));
        }
        check_object(&self.body, "metadata")
    }
}

impl fmt::Debug for MemoryEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEdit").field("set", &self.body.names()).finish_non_exhaustive()
    }
}
