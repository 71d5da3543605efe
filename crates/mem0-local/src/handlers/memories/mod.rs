//! Operations on memories, and their JSON.

mod add;
mod batch;
mod delete_all;
mod deprecated_search;
mod history;
mod listing;
mod memory;
mod memory_json;
mod memory_update;
mod search;

pub(crate) use add::{add, add_v1};
pub(crate) use batch::{delete as delete_batch, update as update_batch};
pub(crate) use delete_all::delete_all;
pub(crate) use deprecated_search::{search_v1, search_v2};
pub(crate) use history::{feed, history};
pub(crate) use listing::{list, list_v1, list_v2, of_entity};
pub(crate) use memory::{delete, get, update};
pub(crate) use memory_json::{full_memory, search_result};
pub(crate) use search::search;
