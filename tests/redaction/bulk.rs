//! Memories in bulk.

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
    let taken = calls::client(|_| Ok(calls::response(200, &json!({ "results": [] })))).0;
    let unknown = json!({ "memory": PRIVATE, "user_id": EMAIL, leaky(): leaky() }).to_string();
    let unknown = Import::from_reader(Cursor::new(unknown)).dry_run(true);
    let unknown = taken.import_memories(unknown).unwrap();
    walk.extend(unknown.unknown_fields.iter().map(printed));
    let refused = calls::client(|_| Ok(calls::response(400, &json!({ "message": leaky() })))).0;
    let report = refused.import_memories(Import::from_reader(Cursor::new(lines.clone()))).unwrap();
    walk.extend(report.reasons.iter().map(printed));
    walk.push(printed(&report));
    let unknown = calls::client(|_| Ok(calls::response(401, &json!({ "detail": leaky() })))).0;
    let import = Import::from_reader(Cursor::new(lines));
    walk.push(displayed(&unknown.import_memories(import).unwrap_err()));
    let broken = || IoError::other("broken");
    let (path, source) = (std::path::PathBuf::from("import.checkpoint"), broken());
    walk.extend([
        displayed(&BulkError::Input(broken())),
        displayed(&BulkError::Output(broken())),
        displayed(&BulkError::Checkpoint { path: path.clone(), source }),
        displayed(&BulkError::ForeignCheckpoint { path: path.clone() }),
        displayed(&BulkError::CheckpointInUse { path: path.clone() }),
        displayed(&BulkError::Rejects { path, source: broken() }),
    ]);
    walk
}
