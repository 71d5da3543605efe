//! The hand that changes memories: what it does is in the history, and told to webhooks.

use rusqlite::{Connection, Result};
use serde_json::{Value, json};

use crate::local::clock;
use crate::local::store::changes;
use crate::local::store::keys::Place;
use crate::local::store::memories::Memory;
use crate::local::store::{ids, touches, webhooks};
use crate::local::task::Task;

/// Changes memories of one project, in one transaction.
pub(crate) struct Writer<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) place: Place<'a>,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    /// What is to be done after the transaction.
    pub(crate) tasks: &'a mut Vec<Task>,
}

/// What became of a memory that was to be added.
pub(crate) enum Added {
    New(Memory),
    /// The same text of the same user, agent, app and run was there already.
    Known(Memory),
}

impl Writer<'_> {
    /// Adds a memory, which gets its identifier here.
    pub(crate) fn add(&mut self, mut memory: Memory) -> Result<Added> {
        let today = clock::day(self.now);
        if let Some(known) = changes::find_same(self.connection, self.place, &memory, &today)? {
            return Ok(Added::Known(known));
        }
        memory.memory_id = ids::uuid(self.connection)?;
        memory.number = changes::add(self.connection, self.place, &memory, self.now)?;
        // To be added is the first touch (memory semantics 8, C40).
        touches::add(self.connection, self.place, memory.number, memory.created_at)?;
        self.tell("memory_add", changed(&memory, "ADD"))?;
        self.tell_categories(&memory)?;
        Ok(Added::New(memory))
    }

    /// Writes back a memory that was changed; `before` is what it was.
    pub(crate) fn update(&mut self, memory: &Memory, before: &Memory) -> Result<()> {
        changes::update(self.connection, self.place, memory, &before.memory, self.now)?;
        self.tell("memory_update", changed(memory, "UPDATE"))?;
        if memory.memory != before.memory {
            self.tell_categories(memory)?;
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, memory: &Memory) -> Result<()> {
        changes::delete(self.connection, self.place, memory, self.now)?;
        self.tell("memory_delete", changed(memory, "DELETE"))
    }

    /// Deletes a memory, and before it, transitively, those that it had superseded; how many those were.
    pub(crate) fn delete_linked(&mut self, memory: &Memory) -> Result<usize> {
        let mut linked: Vec<Memory> = Vec::new();
        let mut next = vec![memory.memory_id.clone()];
        while let Some(memory_id) = next.pop() {
            for older in changes::superseded_by(self.connection, self.place, &memory_id)? {
                // A dump may hold a circle.
                let is_known =
                    older.number == memory.number || linked.iter().any(|known| known.number == older.number);
                if !is_known {
                    next.push(older.memory_id.clone());
                    linked.push(older);
                }
            }
        }
        for older in linked.iter().rev() {
            self.delete(older)?;
        }
        self.delete(memory)?;
        Ok(linked.len())
    }

    fn tell_categories(&mut self, memory: &Memory) -> Result<()> {
        match memory.categories.as_deref() {
            None | Some([]) => Ok(()),
            Some(categories) => {
                let details =
                    json!({ "event": "CATEGORIZE", "memory_id": memory.memory_id, "categories": categories });
                self.tell("memory_categorize", json!({ "event_details": details }))
            }
        }
    }

    fn tell(&mut self, event_type: &'static str, payload: Value) -> Result<()> {
        if webhooks::exist(self.connection, self.place)? {
            self.tasks.push(Task::Tell {
                org_id: self.place.org_id.to_owned(),
                project_id: self.place.project_id.to_owned(),
                event_type,
                payload,
            });
        }
        Ok(())
    }
}

/// What a webhook is told of an addition, an update or a deletion (contract 7).
fn changed(memory: &Memory, event: &str) -> Value {
    json!({ "event_details": { "id": memory.memory_id, "data": { "memory": memory.memory }, "event": event } })
}
