//! Memories: what they look like, and the operations on them.

pub(crate) mod listing;
pub(crate) mod reading;
mod shown;

#[allow(unused_imports)]
pub(crate) use shown::{chosen, listed, searched, single};
