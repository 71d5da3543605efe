//! Memories: what they look like, and the operations on them.

mod shown;

pub(crate) use shown::{listed, searched, single};
