//! History of memories.

use serde_json::{Map, Value};

use crate::ids::MemoryId;
use crate::types::Timestamp;

open_enum! {
    /// Kind of change to a memory.
    pub enum MemoryChange("memory change") {
        /// `ADD`: created.
        Add = "ADD",
        /// `UPDATE`: changed.
        Update = "UPDATE",
        /// `DELETE`: deleted.
        Delete = "DELETE",
        /// `NOOP`: not changed.
        Noop = "NOOP",
    }
}

resource! {
    /// One change in the history of a memory.
    ///
    /// `Debug` shows neither texts nor metadata.
    pub struct HistoryEntry {
        /// Id of the entry.
        pub id: String,
        /// Id of the memory.
        pub memory_id: MemoryId,
        /// Kind of change.
        pub event: MemoryChange,
        /// User that the memory belongs to. `None` for memories of an agent.
        pub user_id: String,
        /// Agent that the memory belongs to.
        pub agent_id: String,
        /// App that the memory belongs to.
        pub app_id: String,
        /// Run that the memory belongs to. The platform sends it as `session_id` here.
        pub run_id: String,
        /// Categories of the memory after the change.
        pub categories: Vec<String>,
        /// Time of the change.
        pub created_at: Timestamp,
        /// Time of the last change of the entry.
        pub updated_at: Timestamp,
        private {
            /// Messages that caused the change.
            pub input: Value,
            /// Text before the change. `None` if the memory was created.
            pub old_memory: String,
            /// Text after the change. `None` if the memory was deleted.
            pub new_memory: String,
            /// Metadata of the memory after the change.
            pub metadata: Map<String, Value>,
        }
        also {
            session_id => run_id,
        }
    }
}
