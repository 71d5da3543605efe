//! Cassettes: a proxy that records the responses of a platform, and a server that replays them.

mod addresses;
mod exchange;
mod forwarding;
mod mismatch;
mod pseudonymizer;
mod reader;
mod recorder;
mod replay;
mod request_key;
mod scrubber;
mod writer;

pub use recorder::{Recorder, RecorderBuilder};
pub use replay::{Replay, ReplayBuilder};

/// Placeholder in a cassette for the URL of the recorded platform. A replay replaces it by its own URL.
const ORIGIN_PLACEHOLDER: &str = "http://platform.example";
