//! Work that an answer leaves to be done: memories of an add, exports, profiles.

pub(crate) mod addition;
pub(crate) mod completion;
pub(crate) mod exporting;
pub(crate) mod extraction;
pub(crate) mod filling;
pub(crate) mod making;
pub(crate) mod profiling;
pub(crate) mod prompt;
pub(crate) mod settling;
pub(crate) mod task;
pub(crate) mod worker;
