//! Searching memories: words, the index, ranking and decay.

pub(crate) mod categories;
pub(crate) mod decay;
pub(crate) mod query;
pub(crate) mod scope;
pub(crate) mod words;
