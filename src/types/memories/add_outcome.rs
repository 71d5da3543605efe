//! Outcome of an add.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::ids::{EventId, MemoryId};
use crate::types::resource::NonNull;
use crate::types::{EventStatus, MemoryChange};

resource! {
    /// Memory that an add created or changed.
    ///
    /// Its text is in one of two fields; use [`text`](Self::text).
    pub struct AddedMemory {
        /// Id of the memory.
        pub id: MemoryId,
        /// Kind of change.
        pub event: MemoryChange,
        private {
            /// Object with the text. Some responses have the text in `memory` instead.
            pub data: AddedMemoryData,
            /// Text. Some responses have it in `data` instead.
            pub memory: String,
        }
    }
}

resource! {
    /// Content of an [`AddedMemory`].
    pub struct AddedMemoryData {
        private {
            /// Text of the memory.
            pub memory: String,
        }
    }
}

/// Outcome of an add.
///
/// The platform extracts memories in the background, so the outcome is usually [`Pending`](Self::Pending): wait for the
/// event, whose [`memories`](crate::events::Event::memories) are those of the add. `add_and_wait` does both. With
/// `infer(false)`, the platform stores the messages at once, and the outcome is [`Done`](Self::Done).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum AddOutcome {
    /// The add is complete. The list has the added memories; it is empty if the platform extracted none.
    Done(Vec<AddedMemory>),
    /// The add continues in the background, or its results are in the event. Wait for the event, which also reports
    /// failures.
    Pending(EventId),
}

impl AddOutcome {
    /// Returns the event to wait for, or `None` if the add is complete.
    pub fn event_id(&self) -> Option<&EventId> {
        match self {
            Self::Done(_) => None,
            Self::Pending(event_id) => Some(event_id),
        }
    }

    /// Returns the added memories, or `None` if the add is pending. After waiting for its event,
    /// [`Event::memories`](crate::events::Event::memories) returns them.
    pub fn memories(&self) -> Option<&[AddedMemory]> {
        match self {
            Self::Done(memories) => Some(memories),
            Self::Pending(_) => None,
        }
    }
}

impl fmt::Debug for AddOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(memories) => f.debug_tuple("Done").field(memories).finish(),
            Self::Pending(event_id) => f.debug_tuple("Pending").field(event_id).finish(),
        }
    }
}

/// Both shapes of the response to an add: see `docs/platform-api.md`.
#[derive(Deserialize)]
#[serde(untagged)]
enum AddResponse {
    Memories(NonNull<AddedMemory>),
    Event { event_id: Option<EventId>, status: Option<EventStatus>, results: Option<NonNull<AddedMemory>> },
}

impl<'de> Deserialize<'de> for AddOutcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match AddResponse::deserialize(deserializer)? {
            AddResponse::Memories(memories) => Ok(Self::Done(memories.0)),
            AddResponse::Event { event_id, status, results } => match (event_id, results) {
                (_, Some(memories))
                    if status.as_ref().is_none_or(|status| *status == EventStatus::Succeeded) =>
                {
                    Ok(Self::Done(memories.0))
                }
                (Some(event_id), _) => Ok(Self::Pending(event_id)),
                (None, _) => Err(de::Error::custom("expected results, or the event of a pending add")),
            },
        }
    }
}

/// Writes the shape of the response that has this outcome.
impl Serialize for AddOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        match self {
            Self::Done(memories) => object.serialize_entry("results", memories)?,
            Self::Pending(event_id) => {
                object.serialize_entry("event_id", event_id)?;
                object.serialize_entry("status", &EventStatus::Pending)?;
            }
        }
        object.end()
    }
}

/// A complete add without memories.
impl Default for AddOutcome {
    fn default() -> Self {
        Self::Done(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn added(json: &str) -> AddOutcome {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn both_shapes_of_an_add_response_are_read() {
        let done =
            added(r#"{"event_id":"e","status":"SUCCEEDED","results":[{"id":"m","data":{"memory":"tea"}}]}"#);
        assert_eq!(done.memories().unwrap()[0].text().unwrap(), "tea");
        assert_eq!(added(r#"[{"id":"m","memory":"tea"}]"#).memories().unwrap()[0].text().unwrap(), "tea");
        assert_eq!(added(r#"{"results":[]}"#), AddOutcome::Done(Vec::new()));
        for json in [r#"[null,{"id":"m"},null]"#, r#"{"results":[null,{"id":"m"}]}"#] {
            assert_eq!(added(json).memories().unwrap().len(), 1, "{json}");
        }
        for json in [
            r#"{"event_id":"e","status":"PENDING"}"#,
            r#"{"event_id":"e","status":"PENDING","results":[]}"#,
            r#"{"event_id":"e","status":"FAILED","results":[]}"#,
            r#"{"event_id":"e","status":"SUCCEEDED"}"#,
            r#"{"event_id":"e","status":"QUEUED","message":"m","results":null}"#,
        ] {
            assert_eq!(added(json), AddOutcome::Pending("e".into()), "{json}");
        }
        for json in ["{}", "7", r#"{"status":"PENDING"}"#, r#"{"results":null}"#, "null"] {
            assert!(serde_json::from_str::<AddOutcome>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn debug_shows_no_private_text() {
        let done = added(r#"{"results":[{"id":"m","data":{"memory":"SECRET"},"memory":"SECRET"}]}"#);
        let shown = format!("{done:?} {done:#?}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}
