//! Memories: requests to add, search, list, update and delete them, and the responses.
//!
//! The calls are methods of the client: `add`, `search`, `get`, `get_all`, `memories_of`, `update`, `delete`, `delete_all`,
//! `history`, `batch_update`, `batch_delete`, `feedback`, `summary` and `stats`.

mod add_memories;
mod add_outcome;
mod chat_message;
mod delete_memories;
mod feedback;
mod history;
mod list_memories;
mod memory;
mod memory_update;
mod search_memories;
mod stats;

pub use add_memories::AddMemories;
pub use add_outcome::{AddOutcome, AddedMemory, AddedMemoryData};
pub use chat_message::{ChatContent, ChatMessage, ChatMessages, ChatRole};
pub use delete_memories::DeleteMemories;
pub(crate) use feedback::FeedbackBody;
pub use feedback::{Feedback, MemoryFeedback};
pub use history::{HistoryEntry, MemoryChange};
pub use list_memories::ListMemories;
pub use memory::{DeletionStarted, Memory, MemoryDeleted, ScoreBreakdown, SearchResults};
pub use memory_update::{BatchUpdateItem, MemoryUpdate};
pub use search_memories::SearchMemories;
pub use stats::Stats;

#[cfg(any(feature = "blocking", feature = "async"))]
pub use crate::client::{Batch, BatchOutcome, Batches};
pub use crate::ids::MemoryId;
