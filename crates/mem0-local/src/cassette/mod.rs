//! Recorded reality: a proxy that writes down what a platform answers, and a server that answers from it.

mod addresses;
mod exchange;
mod forwarding;
mod nearest;
mod people;
mod question;
mod recorder;
mod replay;
mod scrub;
mod shelf;
mod tape;

pub use recorder::{Recorder, RecorderBuilder};
pub use replay::{Replay, ReplayBuilder};

/// What stands in a cassette where the recorded platform named itself; a replay puts its own address there.
const ORIGIN: &str = "http://platform.example";
