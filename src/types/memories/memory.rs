//! Memories and search results.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{EventId, MemoryId};
use crate::types::Timestamp;

resource! {
    /// A memory.
    ///
    /// The fields depend on the call: searches return scores, and a read by id returns the lifecycle state.
    ///
    /// `Debug` shows neither text nor metadata.
    pub struct Memory {
        /// Id of the memory.
        pub id: MemoryId,
        /// User that the memory belongs to.
        pub user_id: String,
        /// Agent that the memory belongs to.
        pub agent_id: String,
        /// App that the memory belongs to.
        pub app_id: String,
        /// Run that the memory belongs to. Some responses name it `session_id`.
        pub run_id: String,
        /// Names of the categories. The platform assigns them after it stores the memory: `None` until then.
        pub categories: Vec<String>,
        /// Relevance to the search, from 0 to 1. With decay, it may be below the threshold of the search.
        pub score: f64,
        /// Parts of the score, if the platform sends them.
        pub score_breakdown: ScoreBreakdown,
        /// Last day, in UTC, on which lists and searches return the memory. `None` if it does not expire.
        pub expiration_date: Timestamp,
        /// Time of creation.
        pub created_at: Timestamp,
        /// Time of the last change.
        pub updated_at: Timestamp,
        /// Time of creation as separate values, such as `year`, `month` and `day_of_week`.
        pub structured_attributes: Map<String, Value>,
        /// Memory that replaced this one.
        pub replaced_by: MemoryId,
        /// Whether the platform created the memory from other memories.
        pub synthesized: bool,
        /// Lifecycle state. The platform does not document the values.
        pub lifecycle_state: String,
        /// Whether the memory was changed after its creation.
        pub is_updated: bool,
        private {
            /// Text of the memory.
            pub memory: String,
            /// Metadata of the memory.
            pub metadata: Map<String, Value>,
            /// Messages that the memory was extracted from.
            pub input: Value,
        }
        also {
            session_id => run_id,
        }
    }
}

resource! {
    /// Parts of a search score.
    pub struct ScoreBreakdown {
        /// Similarity of meaning.
        pub semantic: f64,
        /// Match of words (BM25).
        pub bm25: f64,
        /// Match of named entities.
        pub entity: f64,
    }
}

/// Results of a search, best match first.
///
/// With decay, the order may differ from the order of the scores.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchResults {
    /// Memories. A response without this list is an error, not an empty list; `null`s in it are skipped.
    #[serde(deserialize_with = "crate::types::resource::non_null")]
    pub results: Vec<Memory>,
}

impl SearchResults {
    /// Returns the number of memories.
    pub fn len(&self) -> usize {
        self.results.len()
    }

    /// Whether there are no memories.
    pub fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    /// Iterates over the memories in order.
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
    /// Response to deleting a memory.
    pub struct MemoryDeleted {
        /// Message of the platform, to show to people.
        pub message: String,
        /// Number of linked memories that were deleted too. `None` unless the call was to delete linked memories.
        pub cascade_count: u64,
    }
}

resource! {
    /// Response to a deletion that the platform completes in the background.
    pub struct DeletionStarted {
        /// Message of the platform, to show to people.
        pub message: String,
        /// Event of the deletion, to wait for. `None` if the platform sent none.
        pub event_id: EventId,
    }
}
