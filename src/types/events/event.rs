//! Background events of the platform.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde_json::Value;

use crate::ids::{EventId, MemoryId};
use crate::types::resource::NonNull;
use crate::types::{MemoryChange, Timestamp};

open_enum! {
    /// Status of an event.
    pub enum EventStatus("event status") {
        /// `PENDING`: not started.
        Pending = "PENDING",
        /// `RUNNING`: in progress.
        Running = "RUNNING",
        /// `SUCCEEDED`: completed.
        Succeeded = "SUCCEEDED",
        /// `FAILED`: failed.
        Failed = "FAILED",
    }
}

impl EventStatus {
    /// Whether the event has succeeded or failed.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

open_enum! {
    /// Operation of an event.
    pub enum EventType("event type") {
        /// `ADD`: memories were added.
        Add = "ADD",
        /// `UPDATE`: a memory was changed.
        Update = "UPDATE",
        /// `DELETE`: a memory was deleted.
        Delete = "DELETE",
        /// `SEARCH`: memories were searched.
        Search = "SEARCH",
        /// `GET_ALL`: memories were listed.
        GetAll = "GET_ALL",
        /// `GET`: a memory was read.
        Get = "GET",
        /// `DELETE_ALL`: memories were deleted by their owner.
        DeleteAll = "DELETE_ALL",
        /// `DELETE_USER`: an entity was deleted with its memories.
        DeleteUser = "DELETE_USER",
    }
}

resource! {
    /// Operation of the platform, such as an add, a deletion or a search, with its status and results.
    ///
    /// `Debug` shows no payload, metadata, results and error.
    pub struct Event {
        /// Identifier of the event.
        pub id: EventId,
        /// Operation.
        pub event_type: EventType,
        /// Status.
        pub status: EventStatus,
        /// Time of the request.
        pub created_at: Timestamp,
        /// Time of the last change.
        pub updated_at: Timestamp,
        /// Time at which processing started. `None` if it has not started.
        pub started_at: Timestamp,
        /// Time at which processing ended. `None` if it has not ended.
        pub completed_at: Timestamp,
        /// Duration in milliseconds.
        pub latency: f64,
        /// Status of the update of the entity graph.
        pub graph_status: String,
        private {
            /// Request that caused the event.
            pub payload: Value,
            /// Metadata of the event.
            pub metadata: Value,
            /// Results. For an add, use [`memories`](Self::memories).
            pub results: Vec<Value>,
            /// Reason of a failure.
            pub error: Value,
        }
    }
}

impl Event {
    /// Whether the event has succeeded or failed. With an unknown status, it counts as unfinished.
    pub fn is_finished(&self) -> bool {
        self.status.as_ref().is_some_and(EventStatus::is_finished)
    }

    /// Whether the event has succeeded.
    pub fn is_success(&self) -> bool {
        self.status == Some(EventStatus::Succeeded)
    }

    /// Returns the memories that an add created or changed. Results of another shape are skipped.
    pub fn memories(&self) -> Vec<AddedMemory> {
        let results = self.results.iter().flatten();
        results.filter_map(|result| AddedMemory::deserialize(result).ok()).collect()
    }
}

resource! {
    /// Memory that an add created or changed. For its text, use [`text`](Self::text).
    pub struct AddedMemory {
        /// Identifier of the memory.
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

impl AddedMemory {
    /// Returns the text, from `data` or from `memory`. `None` if the response has neither.
    pub fn text(&self) -> Option<&str> {
        self.data.as_ref().and_then(|data| data.memory.as_deref()).or(self.memory.as_deref())
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
/// The platform extracts memories in the background, so the outcome usually is [`Pending`](Self::Pending): wait for the
/// event. With `infer(false)`, it stores the messages at once and the outcome is [`Done`](Self::Done).
#[derive(Clone, PartialEq)]
#[must_use = "a pending add is not complete; wait for its event"]
#[non_exhaustive]
pub enum AddOutcome {
    /// The add is complete. The list has the added memories; it is empty if the platform found nothing to remember.
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

    /// Returns the added memories, or `None` if the add is pending.
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
        assert_eq!(done.memories().unwrap()[0].text(), Some("tea"));
        assert_eq!(added(r#"[{"id":"m","memory":"tea"}]"#).memories().unwrap()[0].text(), Some("tea"));
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
        let event = r#"{"results":[{"memory":"SECRET"}],"payload":"SECRET","error":"SECRET"}"#;
        let event: Event = serde_json::from_str(event).unwrap();
        let shown = format!("{done:?} {done:#?} {event:?} {:?}", event.memories());
        assert!(!shown.contains("SECRET"), "{shown}");
    }

    #[test]
    fn an_event_with_an_unknown_status_is_unfinished() {
        let event =
            |status: &str| -> Event { serde_json::from_str(&format!(r#"{{"status":"{status}"}}"#)).unwrap() };
        assert!(event("SUCCEEDED").is_finished() && event("SUCCEEDED").is_success());
        assert!(event("FAILED").is_finished() && !event("FAILED").is_success());
        for status in ["PENDING", "RUNNING", "QUEUED"] {
            assert!(!event(status).is_finished(), "{status}");
        }
    }
}
