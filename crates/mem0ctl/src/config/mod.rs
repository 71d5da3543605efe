//! Context of a command: flags, environment and the profiles of the config file.

pub(crate) mod ca_file;
pub(crate) mod config_file;
pub(crate) mod context;
pub(crate) mod document;
pub(crate) mod key_command;
pub(crate) mod origin;
#[cfg(unix)]
mod process_tree;
