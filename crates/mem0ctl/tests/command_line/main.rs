//! Tests of `mem0ctl` against a local platform: output and exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::similar_names)]

mod ca_file;
mod entity;
#[cfg(unix)]
mod escaping;
mod event;
mod export;
#[cfg(target_os = "linux")]
mod full_disk;
#[cfg(unix)]
mod gate;
mod help;
#[cfg(unix)]
mod hosts;
mod import_kill;
#[cfg(target_os = "linux")]
mod interrupts;
#[cfg(unix)]
mod key_command;
#[cfg(target_os = "linux")]
mod key_prompt;
#[cfg(unix)]
mod links;
mod local;
mod member;
mod memory;
mod memory_bulk;
mod memory_changes;
mod memory_numbers;
mod network;
mod operations;
mod output;
mod plan;
mod plan_roles;
mod precedence;
#[cfg(unix)]
mod process;
mod profile;
mod project;
#[cfg(unix)]
mod proxy;
mod pull;
mod shells;
mod status;
#[cfg(unix)]
mod terminal;
mod test_env;
#[cfg(unix)]
mod typed_input;
mod webhook;
