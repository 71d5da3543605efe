//! Searching memories: ranking, categories and decay.

pub(crate) mod categories;
pub(crate) mod decay;
pub(crate) mod query;
mod run;
pub(crate) mod scope;
mod score;
