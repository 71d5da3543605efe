//! Cassettes: what is none is refused with a line number, and shows no key.
#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use mem0_local::Replay;
use mem0_fuzz::check_shown;

fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cassette.jsonl");
    fs::write(&file, data).expect("a file");
    match Replay::start(&file) {
        Ok(replay) => assert!(replay.recorded() > 0 && replay.unused() == replay.recorded()),
        Err(error) => check_shown(&format!("{error} {error:?}")),
    }
});
