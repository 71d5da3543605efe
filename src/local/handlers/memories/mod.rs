//! Memories: what they look like, and the operations on them.

mod deprecated_search;
mod search;
mod shown;

pub(crate) use deprecated_search::{search_v1, search_v2};
pub(crate) use search::search;
pub(crate) use shown::{listed, searched, single};
