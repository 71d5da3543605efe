//! What the platform does, or did, in its own time.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde_json::Value;

use crate::id::{EventId, MemoryId};
use crate::types::resource::NonNull;
use crate::types::{MemoryChange, Timestamp};

open_enum! {
    /// How far an event has come.
    pub enum EventStatus("event status") {
        /// `PENDING`: it has not begun.
        Pending = "PENDING",
        /// `RUNNING`: it has begun.
        Running = "RUNNING",
        /// `SUCCEEDED`: it is done.
        Succeeded = "SUCCEEDED",
        /// `FAILED`: it came to nothing.
        Failed = "FAILED",
    }
}

impl EventStatus {
    /// Whether nothing more is going to happen.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

open_enum! {
    /// What an event is about.
    pub enum EventType("event type") {
        /// `ADD`: memories are added.
        Add = "ADD",
        /// `UPDATE`: a memory is changed.
        Update = "UPDATE",
        /// `DELETE`: a memory is deleted.
        Delete = "DELETE",
        /// `SEARCH`: memories are searched for.
        Search = "SEARCH",
        /// `GET_ALL`: memories are listed.
        GetAll = "GET_ALL",
        /// `GET`: a memory is read.
        Get = "GET",
        /// `DELETE_ALL`: memories are deleted by a filter.
        DeleteAll = "DELETE_ALL",
        /// `DELETE_USER`: an entity is deleted with its memories.
        DeleteUser = "DELETE_USER",
    }
}

resource! {
    /// An event: of an add, a deletion, a search (contract 5).
    ///
    /// `Debug` does not show what it is about.
    pub struct Event {
        /// Its identifier.
        pub id: EventId,
        /// What it is about.
        pub event_type: EventType,
        /// How far it has come.
        pub status: EventStatus,
        /// When it was asked for.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// When it was begun.
        pub started_at: Timestamp,
        /// When it was done.
        pub completed_at: Timestamp,
        /// How long it took, in milliseconds.
        pub latency: f64,
        /// How far its part in the graph has come.
        pub graph_status: String,
        private {
            /// What was asked for.
            pub payload: Value,
            /// What was noted on it.
            pub metadata: Value,
            /// What came of it; of an add, see [`memories`](Self::memories).
            pub results: Vec<Value>,
            /// Why it came to nothing.
            pub error: Value,
        }
    }
}

impl Event {
    /// Whether nothing more is going to happen. A status this version does not know is not final.
    pub fn is_final(&self) -> bool {
        self.status.as_ref().is_some_and(EventStatus::is_final)
    }

    /// Whether it is done and did not fail.
    pub fn is_success(&self) -> bool {
        self.status == Some(EventStatus::Succeeded)
    }

    /// What an add has made; results that are of another kind are left out.
    pub fn memories(&self) -> Vec<AddedMemory> {
        let results = self.results.iter().flatten();
        results.filter_map(|result| AddedMemory::deserialize(result).ok()).collect()
    }
}

resource! {
    /// A memory an add has made, or changed. [`text`](Self::text) is what it says.
    pub struct AddedMemory {
        /// Its identifier.
        pub id: MemoryId,
        /// What was done to it.
        pub event: MemoryChange,
        private {
            /// Its text, where the answer has it inside an object.
            pub data: AddedText,
            /// Its text, where the answer has it here.
            pub memory: String,
        }
    }
}

impl AddedMemory {
    /// Its text, wherever the answer has it.
    pub fn text(&self) -> Option<&str> {
        self.data.as_ref().and_then(|data| data.memory.as_deref()).or(self.memory.as_deref())
    }
}

resource! {
    /// The text of a memory that was added.
    pub struct AddedText {
        private {
            /// The text.
            pub memory: String,
        }
    }
}

/// What became of an add.
///
/// Without `infer(false)` the platform takes its time: [`Pending`](Self::Pending), and the event tells when it is
/// done.
#[derive(Clone, PartialEq)]
#[must_use = "an add that is pending is not done"]
#[non_exhaustive]
pub enum Added {
    /// It is done, and these are the memories: none, where there was nothing to remember.
    Done(Vec<AddedMemory>),
    /// It goes on, or its results are to be asked for: wait for the event, which also tells of a failure.
    Pending(EventId),
}

impl Added {
    /// The event to be waited for, if it is not done.
    pub fn event_id(&self) -> Option<&EventId> {
        match self {
            Self::Done(_) => None,
            Self::Pending(event_id) => Some(event_id),
        }
    }

    /// The memories, if it is done.
    pub fn memories(&self) -> Option<&[AddedMemory]> {
        match self {
            Self::Done(memories) => Some(memories),
            Self::Pending(_) => None,
        }
    }
}

impl fmt::Debug for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(memories) => f.debug_tuple("Done").field(memories).finish(),
            Self::Pending(event_id) => f.debug_tuple("Pending").field(event_id).finish(),
        }
    }
}

/// The two shapes of an answer to an add (contract D32).
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Memories(NonNull<AddedMemory>),
    Event { event_id: Option<EventId>, status: Option<EventStatus>, results: Option<NonNull<AddedMemory>> },
}

impl<'de> Deserialize<'de> for Added {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Answer::deserialize(deserializer)? {
            Answer::Memories(memories) => Ok(Self::Done(memories.0)),
            Answer::Event { event_id, status, results } => match (event_id, results) {
                (_, Some(memories))
                    if status.as_ref().is_none_or(|status| *status == EventStatus::Succeeded) =>
                {
                    Ok(Self::Done(memories.0))
                }
                (Some(event_id), _) => Ok(Self::Pending(event_id)),
                (None, _) => Err(de::Error::custom("expected results, or the event of an add that goes on")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn added(json: &str) -> Added {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_add_is_done_or_pending() {
        let done =
            added(r#"{"event_id":"e","status":"SUCCEEDED","results":[{"id":"m","data":{"memory":"tea"}}]}"#);
        assert_eq!(done.memories().unwrap()[0].text(), Some("tea"));
        assert_eq!(added(r#"[{"id":"m","memory":"tea"}]"#).memories().unwrap()[0].text(), Some("tea"));
        assert_eq!(added(r#"{"results":[]}"#), Added::Done(Vec::new()));
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
            assert_eq!(added(json), Added::Pending("e".into()), "{json}");
        }
        for json in ["{}", "7", r#"{"status":"PENDING"}"#, r#"{"results":null}"#, "null"] {
            assert!(serde_json::from_str::<Added>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn debug_shows_no_text() {
        let done = added(r#"{"results":[{"id":"m","data":{"memory":"SECRET"},"memory":"SECRET"}]}"#);
        let event = r#"{"results":[{"memory":"SECRET"}],"payload":"SECRET","error":"SECRET"}"#;
        let event: Event = serde_json::from_str(event).unwrap();
        let shown = format!("{done:?} {done:#?} {event:?} {:?}", event.memories());
        assert!(!shown.contains("SECRET"), "{shown}");
    }

    #[test]
    fn a_status_that_is_not_known_is_not_final() {
        let event =
            |status: &str| -> Event { serde_json::from_str(&format!(r#"{{"status":"{status}"}}"#)).unwrap() };
        assert!(event("SUCCEEDED").is_final() && event("SUCCEEDED").is_success());
        assert!(event("FAILED").is_final() && !event("FAILED").is_success());
        for status in ["PENDING", "RUNNING", "QUEUED"] {
            assert!(!event(status).is_final(), "{status}");
        }
    }
}
