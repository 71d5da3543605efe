//! Searching memories: ranking, categories and decay.

pub(crate) mod categories;
pub(crate) mod decay;
pub(crate) mod query;
pub(crate) mod scope;
