//! What became of memories.

use serde_json::{Map, Value};

use crate::id::MemoryId;
use crate::types::Timestamp;

open_enum! {
    /// What was done to a memory.
    pub enum MemoryChange("memory change") {
        /// `ADD`: it was made.
        Add = "ADD",
        /// `UPDATE`: it was changed.
        Update = "UPDATE",
        /// `DELETE`: it was deleted.
        Delete = "DELETE",
        /// `NOOP`: nothing.
        Noop = "NOOP",
    }
}

resource! {
    /// An entry of a memory's history (contract 3.2).
    ///
    /// `Debug` does not show texts and metadata.
    pub struct HistoryEntry {
        /// The entry's own identifier.
        pub id: String,
        /// The memory.
        pub memory_id: MemoryId,
        /// What was done to it.
        pub event: MemoryChange,
        /// The user it is about; an agent's memory has none (contract D24).
        pub user_id: String,
        /// The agent it is about.
        pub agent_id: String,
        /// The app it comes from.
        pub app_id: String,
        /// The run it comes from. The platform calls it `session_id` here (contract D13).
        pub run_id: String,
        /// Its categories at that time.
        pub categories: Vec<String>,
        /// When it was done.
        pub created_at: Timestamp,
        /// When the entry was last changed.
        pub updated_at: Timestamp,
        private {
            /// The messages that caused it.
            pub input: Value,
            /// The text before; `None` where there was none.
            pub old_memory: String,
            /// The text after; `None` where there is none.
            pub new_memory: String,
            /// Its metadata at that time.
            pub metadata: Map<String, Value>,
        }
        also {
            session_id => run_id,
        }
    }
}
