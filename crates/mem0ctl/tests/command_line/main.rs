//! Tests of `mem0ctl` against a local platform: output and exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::similar_names)]

mod bench;
mod ca_file;
mod entity;
mod event;
mod export;
#[cfg(unix)]
mod forged;
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
mod memory_copy;
mod memory_numbers;
mod network;
mod output;
mod plan;
mod precedence;
mod profile;
mod project;
#[cfg(unix)]
mod proxy;
mod pull;
mod reach;
#[cfg(unix)]
mod running;
mod shells;
mod standing;
mod status;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod typed;
mod webhook;
