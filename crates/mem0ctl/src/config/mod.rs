//! Where settings come from: flags, environment and the profiles of the configuration file.

pub(crate) mod ca_file;
pub(crate) mod configuration;
pub(crate) mod document;
pub(crate) mod key_command;
pub(crate) mod origin;
#[cfg(unix)]
mod process_tree;
pub(crate) mod settings;
