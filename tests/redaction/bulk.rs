//! Bulk operations.

use std::io::{Cursor, Error as IoError};

use serde_json::json;

use super::*;
use mem0::Filter;
use mem0::bulk::*;
use mem0::memories::ListMemories;

pub(super) fn walk() -> Vec<Printed> {
    let handle = Handle::new();
    let filter = Filter::user(EMAIL).and(Filter::metadata(leaky()).eq(leaky()));
    let mut walk = vec![
        printed(&handle),
        printed(&handle.progress()),
        printed(&Import::from_reader(Cursor::new(leaky())).handle(&handle)),
        printed(&MemoryCopy::new(ListMemories::new(filter).keywords(PRIVATE))),
    ];
    let lines = [
        json!({ "memory": PRIVATE, "user_id": EMAIL }),
        json!({ "memory": PRIVATE, "user_id": [leaky()] }),
        json!({ "memory": PRIVATE, "user_id": EMAIL, "created_at": leaky() }),
        json!({ "messages": leaky(), "user_id": EMAIL }),
        json!({ "messages": [{ "role": leaky(), "content": PRIVATE }], "user_id": EMAIL }),
        json!({ "memory": PRIVATE, "metadata": leaky(), leaky(): leaky() }),
        json!(leaky()),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n");
    let accepting = calls::client(|_| Ok(calls::response(200, &json!({ "results": [] })))).0;
    let line = json!({ "memory": PRIVATE, "user_id": EMAIL, leaky(): leaky() }).to_string();
    let import = Import::from_reader(Cursor::new(line)).dry_run(true);
    let report = accepting.import_memories(import).unwrap();
    walk.extend(report.unknown_fields.iter().map(printed));
    let refusing = calls::client(|_| Ok(calls::response(400, &json!({ "message": leaky() })))).0;
    let report = refusing.import_memories(Import::from_reader(Cursor::new(lines.clone()))).unwrap();
    walk.extend(report.rejected_lines.iter().map(printed));
    walk.push(printed(&report));
    let unauthorized = calls::client(|_| Ok(calls::response(401, &json!({ "detail": leaky() })))).0;
    let import = Import::from_reader(Cursor::new(lines));
    walk.push(displayed(&unauthorized.import_memories(import).unwrap_err()));
    let io_error = || IoError::other("broken");
    let (path, source) = (std::path::PathBuf::from("import.checkpoint"), io_error());
    walk.extend([
        displayed(&BulkError::Input(io_error())),
        displayed(&BulkError::Output(io_error())),
        displayed(&BulkError::Checkpoint { path: path.clone(), source }),
        displayed(&BulkError::ForeignCheckpoint { path: path.clone() }),
        displayed(&BulkError::CheckpointInUse { path: path.clone() }),
        displayed(&BulkError::Rejects { path, source: io_error() }),
    ]);
    walk
}
