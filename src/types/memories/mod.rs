//! Memories: requests to add, search, list, update and delete them, and the responses.
//!
//! The calls are methods of the client: `add`, `search`, `get`, `get_all`, `memories_of`, `update`, `delete`, `delete_all`,
//! `history`, `batch_update`, `batch_delete`, `feedback`, `summary` and `stats`.

mod add_memories;
mod add_outcome;
mod batch;
mod chat_message;
mod delete_memories;
mod feedback;
mod history;
mod list_memories;
mod memory;
mod memory_update;
mod search_memories;
mod stats;

pub use add_memories::*;
pub use add_outcome::*;
pub use batch::*;
pub use chat_message::*;
pub use delete_memories::*;
pub use feedback::*;
pub use history::*;
pub use list_memories::*;
pub use memory::*;
pub use memory_update::*;
pub use search_memories::*;
pub use stats::*;

pub use crate::ids::MemoryId;
