//! Memories: what they look like, and the operations on them.

mod add;
mod batch;
mod by_id;
mod delete_all;
mod deprecated_search;
mod listing;
mod reading;
mod search;
mod shown;
mod update;

pub(crate) use add::{add, add_v1};
pub(crate) use batch::{delete as delete_batch, update as update_batch};
pub(crate) use by_id::{delete, update};
pub(crate) use delete_all::delete_all;
pub(crate) use deprecated_search::{search_v1, search_v2};
pub(crate) use listing::{list, list_v1, list_v2, of_entity};
pub(crate) use reading::{feed, get, history};
pub(crate) use search::search;
pub(crate) use shown::{searched, single};
