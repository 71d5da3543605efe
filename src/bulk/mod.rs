//! Bulk operations: import memories from a file, export them, or copy them to another project.
//!
//! The methods `import_memories`, `export_memories` and `copy_memories` of both clients run them. Memory usage does not
//! depend on the size of the input.
//!
//! # File format
//!
//! A file has one JSON object per line (JSON lines). An export writes the same format.
//!
//! ```json
//! {"memory": "Likes tea", "user_id": "alice", "metadata": {"source": "chat"}, "created_at": "2026-01-01T09:00:00Z"}
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | `memory`, or `messages` | text, stored as it is; or several messages, each with `role` (`user` or `assistant`) and `content` |
//! | `user_id`, `agent_id`, `app_id`, `run_id` (or `session_id`) | owner: at least one, or a [default owner](Import::default_owner); an integer is converted to a string, and `null` means missing |
//! | `metadata` | object; see [Numbers](#numbers) |
//! | `timestamp`, or `created_at` | creation time: seconds since 1970, or ISO 8601, in UTC if it has no zone; stored in whole seconds. Missing: the current time |
//! | `expiration_date` | last day, as `YYYY-MM-DD`; `null`: never expires; missing: default of the project |
//! | `immutable` | whether the memory is protected from changes |
//!
//! Other fields of an export are ignored, such as `categories`, which the platform assigns, and `id`: every imported
//! memory gets a new one. Unknown fields are ignored too, and [reported](Report::unknown_fields).
//!
//! The file is UTF-8, with or without a byte order mark. An unpaired surrogate, such as `"\ud83d"` in a text that was
//! truncated inside an emoji, is replaced by U+FFFD and [counted](Report::replaced). An input in another format, such
//! as a JSON array, gzip or UTF-16, is refused as a whole with [`BulkError::Format`].
//!
//! Memories are added with `infer: false`, so nothing is extracted from the texts. The platform stores identical texts
//! of the same owner once. A line whose memory already exists is counted as [`existing`](Report::existing).
//!
//! Lines share a request if they differ only in their text, up to [fifty lines](Import::batch_size). Requests run
//! concurrently, so the order of the lines is not preserved.
//!
//! # Numbers
//!
//! Metadata keeps all 64-bit integers, and all decimal numbers in the shortest form that identifies an `f64`. Longer
//! integers, and forms such as `1.10`, are preserved only with the feature `arbitrary_precision` of `serde_json`.
//! `mem0ctl` enables it. The library leaves it to the application, because it affects all JSON of a program: without
//! it, `18446744073709551616` is read as a floating-point number.
//!
//! # Resuming
//!
//! With a checkpoint, an interrupted import resumes where it stopped, even after `kill -9`, and adds no memory twice.
//! The checkpoint records the lines of a request before it is sent, and its completion afterwards. A request without a
//! recorded completion has an unknown outcome. The import then searches the platform for memories with the same text,
//! owner and creation time (in seconds) and sends the missing ones again. It does the same for a request that times out
//! or loses its connection. The checkpoint survives the end of the process, but not necessarily a power failure.
//!
//! # Rejected lines
//!
//! A line that is not valid JSON, has no text or owner, or is rejected by the platform is written to the rejects file,
//! and the import continues. The file has one JSON object per line with `line` (its number), `reason` and `text` (the
//! line itself). If the import is killed while it writes an entry, the entry can occur twice.
//!
//! # Concurrency
//!
//! The number of concurrent requests grows while they succeed and halves after a 429. No request is sent before the
//! `Retry-After` of a 429 has passed.

mod append_file;
mod batch_reader;
mod checkpoint;
mod concurrency_limiter;
mod envelope;
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
mod record_line;
mod rejects;
mod report;
mod scheduler;
mod surrogates;

pub(crate) use batch_reader::Batch;
pub(crate) use checkpoint::{header, target};
pub use error::BulkError;
pub(crate) use handle::Counter;
pub use handle::{Handle, Progress};
pub use import::{Import, MemoryCopy};
pub use input_format::InputFormat;
pub(crate) use reconcile::{Matches, candidate_lists};
pub(crate) use record::add_request;
pub use report::{RejectedLine, Report, UnknownField};
pub(crate) use scheduler::{Scheduler, Step};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. A poisoned one is used as well: a panic of another thread leaves no inconsistent state.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
