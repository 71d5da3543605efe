//! Insertion of memories with their history, index entries and entities.

use std::collections::HashSet;

use rusqlite::{Connection, Result};

use crate::store::changes::{self, Columns, HistoryEntry};
use crate::store::entities;
use crate::store::ids::Ids;
use crate::store::index::{IndexEntry, IndexWriter};
use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;

/// Adds many memories to one project in one transaction. Searches find them only after [`finish`](Self::finish).
pub(crate) struct MemoryInserter<'a> {
    connection: &'a Connection,
    scope: ProjectScope<'a>,
    /// Microseconds since 1970.
    now: i64,
    ids: Ids,
    index: IndexWriter<'a>,
    /// Entities that were already ensured.
    ensured: HashSet<(&'static str, String)>,
}

impl<'a> MemoryInserter<'a> {
    pub(crate) fn new(connection: &'a Connection, scope: ProjectScope<'a>, now: i64) -> Result<Self> {
        let (ids, index) = (Ids::of(connection)?, IndexWriter::new(connection, scope)?);
        Ok(Self { connection, scope, now, ids, index, ensured: HashSet::new() })
    }

    /// Stores a memory that has an ID, and returns its number. `hash` identifies duplicates; `at` is the time of its
    /// first history entry, in microseconds since 1970.
    pub(crate) fn add(&mut self, memory: &Memory, hash: Option<i64>, at: i64) -> Result<i64> {
        let columns = Columns::of(memory);
        self.connection
            .prepare_cached(
                "INSERT INTO memories (memory_id, org_id, project_id, user_id, agent_id, app_id, run_id, memory, \
                 metadata, categories, input, expiration_date, immutable, event_date, replaced_by, lifecycle_state, \
                 created_at, updated_at, hash) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            )?
            .execute(rusqlite::params![
                memory.memory_id,
                self.scope.org_id,
                self.scope.project_id,
                memory.user_id,
                memory.agent_id,
                memory.app_id,
                memory.run_id,
                memory.memory,
                columns.metadata,
                columns.categories,
                columns.input,
                memory.expiration_date,
                memory.immutable,
                memory.event_date,
                memory.replaced_by,
                memory.lifecycle_state,
                memory.created_at,
                memory.updated_at,
                hash,
            ])?;
        let number = self.connection.last_insert_rowid();
        self.index.add(number, IndexEntry::of(memory))?;
        for (entity_type, entity_id) in [
            ("user", &memory.user_id),
            ("agent", &memory.agent_id),
            ("app", &memory.app_id),
            ("run", &memory.run_id),
        ] {
            if let Some(entity_id) = entity_id
                && self.ensured.insert((entity_type, entity_id.clone()))
            {
                entities::ensure(self.connection, self.scope, entity_type, entity_id, self.now)?;
            }
        }
        let history_id = &self.ids.uuid(self.connection)?;
        let entry = HistoryEntry {
            history_id,
            event: "ADD",
            input: columns.input.as_deref(),
            old: None,
            new: Some(&memory.memory),
        };
        changes::add_history(self.connection, self.scope, memory, &columns, &entry, at)?;
        Ok(number)
    }

    /// Creates an ID for the next memory.
    pub(crate) fn memory_id(&self) -> Result<String> {
        self.ids.uuid(self.connection)
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.index.finish()
    }
}
