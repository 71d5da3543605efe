//! Checkpoints of an import, as damaged as may be.
#![no_main]

use std::fs;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mem0::bulk::Import;
use mem0::client::{HeaderMap, StatusCode};
use mem0_fuzz::{check_shown, client};

const LINES: &str = r#"{"memory":"Likes tea","user_id":"ann"}
{"memory":"Likes milk","user_id":"bob"}
{"memory":"Likes water","user_id":"ann"}
"#;

fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, checkpoint) = (folder.path().join("input.jsonl"), folder.path().join("checkpoint"));
    fs::write(&input, LINES).expect("a file");
    // The first line names the input: take the real one, so that the rest is read.
    let client = client(StatusCode::OK, HeaderMap::new(), br#"{"results":[],"org_id":"o","project_id":"p"}"#);
    let import = || Import::from_file(&input).expect("the file is there").checkpoint(&checkpoint).reconcile_after(Duration::ZERO);
    let _ = client.import_memories(import());
    let header = fs::read(&checkpoint).ok().and_then(|text| {
        let end = text.iter().position(|byte| *byte == b'\n')?;
        Some(text[..=end].to_vec())
    });
    let mut text = header.filter(|_| data.first().is_none_or(|byte| byte % 8 != 0)).unwrap_or_default();
    text.extend_from_slice(data.get(1..).unwrap_or_default());
    fs::write(&checkpoint, text).expect("a file");
    match client.import_memories(import()) {
        Ok(report) => {
            assert!(!report.stopped && report.added + report.rejected <= 3, "{report:?}");
        }
        Err(error) => check_shown(&format!("{error} {error:?}")),
    }
});
