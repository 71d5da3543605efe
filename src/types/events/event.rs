//! Background events of the platform.

use serde::Deserialize;
use serde_json::Value;

use crate::ids::EventId;
use crate::types::{AddedMemory, Timestamp};

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
    /// Kind of operation of an event.
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
        /// `DELETE_ALL`: all memories of a user, an agent, an app or a run were deleted.
        DeleteAll = "DELETE_ALL",
        /// `DELETE_USER`: an entity was deleted with its memories.
        DeleteUser = "DELETE_USER",
    }
}

resource! {
    /// One operation of the platform, such as an add, a deletion or a search, with its status and results.
    ///
    /// `Debug` hides payload, metadata, results and error.
    pub struct Event {
        /// Id of the event.
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

    /// Returns the memories that an add created or changed: those of the
    /// [`AddOutcome`](crate::memories::AddOutcome) that was pending. The list is empty until the event has succeeded, and if
    /// the platform extracted no memory. Results of another shape are skipped.
    pub fn memories(&self) -> Vec<AddedMemory> {
        let results = self.results.iter().flatten();
        results.filter_map(|result| AddedMemory::deserialize(result).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn debug_shows_no_private_text() {
        let event = r#"{"results":[{"memory":"SECRET"}],"payload":"SECRET","error":"SECRET"}"#;
        let event: Event = serde_json::from_str(event).unwrap();
        let shown = format!("{event:?} {:?}", event.memories());
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
