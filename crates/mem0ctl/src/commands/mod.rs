//! Subcommands, one per file.

pub(crate) mod completions;
pub(crate) mod deletion;
pub(crate) mod entity;
pub(crate) mod entity_profile;
pub(crate) mod event;
pub(crate) mod export;
#[cfg(feature = "local")]
pub(crate) mod local;
pub(crate) mod manual;
pub(crate) mod member;
pub(crate) mod memory;
pub(crate) mod organization;
pub(crate) mod plan;
pub(crate) mod plan_file;
pub(crate) mod profile;
pub(crate) mod project;
pub(crate) mod pull;
pub(crate) mod status;
pub(crate) mod webhook;
