//! Memories, as they are read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{EventId, MemoryId};
use crate::types::Timestamp;

resource! {
    /// A memory (contract 3.1, 3.2). Which fields are there depends on the call: a search gives scores, a read by id
    /// the state.
    ///
    /// `Debug` shows neither its text nor its metadata.
    pub struct Memory {
        /// Its identifier.
        pub id: MemoryId,
        /// The user it is about.
        pub user_id: String,
        /// The agent it is about.
        pub agent_id: String,
        /// The app it comes from.
        pub app_id: String,
        /// The run it comes from. Some answers call it `session_id` (contract D13).
        pub run_id: String,
        /// Its categories. They are found after it is written: `None` until then.
        pub categories: Vec<String>,
        /// How well it fits a search, from 0 to 1. With decay it may be below the threshold that was asked for.
        pub score: f64,
        /// What the score is made of, where the platform tells.
        pub score_breakdown: ScoreBreakdown,
        /// The last day it is shown on, in UTC. `None` if it never expires.
        pub expiration_date: Timestamp,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// The moment it was made, taken apart.
        pub structured_attributes: Map<String, Value>,
        /// The memory that has taken its place.
        pub replaced_by: MemoryId,
        /// Whether the platform made it of others.
        pub synthesized: bool,
        /// Whether it is in force. The values are not documented.
        pub lifecycle_state: String,
        /// Whether it was changed since it was made.
        pub is_updated: bool,
        private {
            /// Its text.
            pub memory: String,
            /// What was noted on it.
            pub metadata: Map<String, Value>,
            /// The messages it was made of.
            pub input: Value,
        }
        also {
            session_id => run_id,
        }
    }
}

resource! {
    /// What a score is made of.
    pub struct ScoreBreakdown {
        /// How near its meaning is.
        pub semantic: f64,
        /// How well its words fit.
        pub bm25: f64,
        /// How well the names in it fit.
        pub entity: f64,
    }
}

/// What a search has found, best first. With decay on, the order need not be that of the scores (contract 8).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchResults {
    /// The memories. An answer without this list is an error, not an empty list; a `null` in it is left out.
    #[serde(deserialize_with = "crate::types::resource::non_null")]
    pub results: Vec<Memory>,
}

impl SearchResults {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.results.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    /// The memories in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Memory> {
        self.results.iter()
    }
}

impl IntoIterator for SearchResults {
    type Item = Memory;
    type IntoIter = std::vec::IntoIter<Memory>;

    fn into_iter(self) -> Self::IntoIter {
        self.results.into_iter()
    }
}

impl<'a> IntoIterator for &'a SearchResults {
    type Item = &'a Memory;
    type IntoIter = std::slice::Iter<'a, Memory>;

    fn into_iter(self) -> Self::IntoIter {
        self.results.iter()
    }
}

resource! {
    /// The answer to deleting a memory.
    pub struct MemoryDeleted {
        /// The platform's words.
        pub message: String,
        /// How many memories went with it, where linked ones were to be deleted too.
        pub cascade_count: u64,
    }
}

resource! {
    /// The answer to a deletion that goes on after it.
    pub struct DeletionStarted {
        /// The platform's words.
        pub message: String,
        /// The event of the deletion, to be waited for.
        pub event_id: EventId,
    }
}
