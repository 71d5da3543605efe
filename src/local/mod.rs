//! The platform itself, on loopback: for development, tests and demonstrations.

mod access;
mod builder;
mod check;
#[cfg(any(feature = "blocking", feature = "async"))]
mod clients;
mod clock;
mod error;
mod fault;
mod form;
mod handlers;
mod journal;
mod operation;
mod platform;
mod reply;
mod request;
mod server;
mod service;
mod settings;
mod socket;
mod store;

pub use builder::LocalPlatformBuilder;
pub use clock::Clock;
pub use error::{LocalError, StorageError};
pub use fault::{Fault, Route};
pub use journal::JournalEntry;
pub use operation::Operation;
pub use platform::LocalPlatform;
pub use store::dump::Dump;
pub use store::seed::SeedData;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks also what a panic left behind: every change under these locks is whole or undone.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
