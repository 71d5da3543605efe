//! Lines of an import, checked without sending them.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use mem0::bulk::Import;
use mem0::client::{HeaderMap, StatusCode};
use mem0_fuzz::{check_shown, client};

fuzz_target!(|data: &[u8]| {
    let client = client(StatusCode::OK, HeaderMap::new(), br#"{"results":[]}"#);
    let import = Import::from_reader(Cursor::new(data.to_vec())).dry_run(true);
    match client.import_memories(import) {
        Ok(report) => {
            let lines = data.split(|byte| *byte == b'\n').count() as u64;
            assert!(report.added + report.rejected <= lines, "{report:?}");
        }
        Err(error) => check_shown(&format!("{error} {error:?}")),
    }
});
