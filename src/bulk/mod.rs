//! Memories in bulk: a file of them imported, all of them exported, or copied from one project to another.
//!
//! The calls are those of a client, the same in both flavours: `import_memories`, `export_memories` and
//! `copy_memories`. They hold a window of the input in memory, never the whole of it.
//!
//! # A line
//!
//! A file holds a JSON object a line. An export writes such lines.
//!
//! ```json
//! {"memory": "Likes tea", "user_id": "alice", "metadata": {"source": "chat"}, "created_at": "2026-01-01T09:00:00Z"}
//! ```
//!
//! | field | what it means |
//! |---|---|
//! | `memory`, or `messages` | the text, stored as it is; or several, each of `role` (`user` or `assistant`) and `content` |
//! | `user_id`, `agent_id`, `app_id`, `run_id` (or `session_id`) | whose it is: at least one, or a [default owner](Import::default_owner); an integer is the text of its digits, and `null` is as if it were missing |
//! | `metadata` | an object; [its numbers](#numbers) keep their digits |
//! | `timestamp`, or `created_at` | when it was made: seconds since 1970, or ISO 8601, which without a zone is UTC. Kept to the second; without it, now |
//! | `expiration_date` | its last day, `YYYY-MM-DD`; `null`: it never expires; missing: as the project's setting says |
//! | `immutable` | whether it is never changed again |
//!
//! All other fields of an export are passed over, `categories` among them: the platform finds those itself, and no
//! caller can set them. Identifiers are new. Fields that no export writes are left out and
//! [counted](Report::unknown_fields).
//!
//! The file is UTF-8, with or without a byte order mark. A surrogate without its other half, such as `"\ud83d"` where
//! a program has cut a text in the middle of an emoji, becomes U+FFFD and is [counted](Report::replaced). An input that
//! begins as something else, such as a JSON array, gzip or UTF-16, is refused as a whole: [`BulkError::Format`].
//!
//! Nothing is extracted: memories are added with `infer` false. The platform keeps an exact repeat of a text in the
//! same scope once, so that of two identical lines there may be one memory; the second then counts as
//! [`known`](Report::known).
//!
//! Lines that differ in text alone are sent together, up to [fifty a request](Import::batch). Order is not kept
//! between requests.
//!
//! # Numbers
//!
//! Numbers in metadata come out of an import, an export and a copy as they went in: a decimal number with the fewest
//! digits that tell it from any other, as programs write coordinates, and every integer of 64 bits. Longer integers, and
//! spellings such as `1.10`, are kept where `serde_json`'s feature `arbitrary_precision` is on; `mem0ctl` has it on. The
//! library leaves that to the application, because it holds for all JSON of a program and changes how some types are
//! read: without it, `18446744073709551616` is read as a floating-point number.
//!
//! # Ended before its time, and begun again
//!
//! With a checkpoint, an import that was ended at any moment, by `kill -9` too, goes on where it was: what was added is
//! not added again. Before a request is sent, the checkpoint says which lines are in it, and afterwards that it is done.
//! A request that was begun and not done is in doubt: for each line of it the platform is asked whether there is such
//! a memory (the same text, scope and second of creation), and only what is not there is sent again. The same is done
//! in the midst of an import with a request that ran out of time or whose connection broke. The checkpoint survives the
//! end of the process; it is not made to survive a loss of power.
//!
//! # What can't be imported
//!
//! A line that is no JSON, has no text or no scope, or that the platform refuses, is put into a file of rejects with
//! its number and the reason, and the rest goes on. It is a JSON object a line, with `line`, `reason` and `text`, the
//! line itself. Where an import is ended while it writes one down, that one may stand there twice.
//!
//! # Concurrency
//!
//! Requests run beside each other, more of them while all goes well, half as many after a 429, and none before its
//! `Retry-After` has gone by.

mod append_file;
mod batch_reader;
mod checkpoint;
mod concurrency_limiter;
mod error;
mod failure_class;
mod handle;
mod hash;
mod import;
mod input_format;
mod lines;
mod private_file;
mod range_set;
mod reconcile;
mod record;
mod rejects;
mod report;
mod scheduler;

pub(crate) use batch_reader::Batch;
pub(crate) use checkpoint::{header, place};
pub use error::BulkError;
pub(crate) use handle::Counter;
pub use handle::{Handle, Progress};
pub use import::{Import, MemoryCopy};
pub use input_format::InputFormat;
pub(crate) use reconcile::{Matches, candidate_lists};
pub(crate) use record::add_of;
pub use report::{Rejected, Report, UnknownField};
pub(crate) use scheduler::{Scheduler, Step};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic of another thread leaves nothing half done here that matters.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
