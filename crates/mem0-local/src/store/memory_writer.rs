//! The hand that changes memories: what it does is in the history, and told to webhooks.

use rusqlite::{Connection, Result};
use serde_json::{Value, json};

use crate::clock;
use crate::store::after_commit::AfterCommit;
use crate::store::changes;
use crate::store::keys::Place;
use crate::store::memories::Memory;
use crate::store::memory_inserter::MemoryInserter;
use crate::store::{accesses, webhooks};

/// Changes memories of one project, in one transaction.
pub(crate) struct MemoryWriter<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) place: Place<'a>,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    /// What is to be done after the transaction.
    after_commit: &'a mut Vec<AfterCommit>,
    /// Whether there is anybody to be told of changes.
    has_webhooks: bool,
}

/// What became of a memory that was to be added.
pub(crate) enum AddOutcome {
    Added(Memory),
    /// The same text of the same user, agent, app and run was there already.
    Duplicate(Memory),
}

impl<'a> MemoryWriter<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        place: Place<'a>,
        now: i64,
        after_commit: &'a mut Vec<AfterCommit>,
    ) -> Result<Self> {
        let has_webhooks = webhooks::exist(connection, place)?;
        Ok(Self { connection, place, now, after_commit, has_webhooks })
    }

    /// Adds memories, which get their identifiers here; what became of each, in their order.
    pub(crate) fn add_each(
        &mut self,
        memories: impl IntoIterator<Item = (Memory, Vec<String>)>,
    ) -> Result<Vec<AddOutcome>> {
        let mut additions = MemoryInserter::begin(self.connection, self.place, self.now)?;
        let records_accesses = accesses::are_recorded(self.connection, self.place)?;
        let today = clock::day(self.now);
        let mut added = Vec::new();
        for (mut memory, supersedes) in memories {
            let hash = changes::hash(&memory);
            if let Some(known) = changes::find_same(self.connection, self.place, &memory, hash, &today)? {
                added.push(AddOutcome::Duplicate(known));
                continue;
            }
            memory.memory_id = additions.memory_id()?;
            memory.number = additions.add(&memory, Some(hash), self.now)?;
            if records_accesses {
                // To be added is the first touch (memory semantics 8, C40).
                accesses::record(self.connection, self.place, memory.number, memory.created_at)?;
            }
            for older in &supersedes {
                changes::supersede(self.connection, self.place, older, &memory.memory_id)?;
            }
            self.notify("memory_add", || event_payload(&memory, "ADD"));
            self.notify_categories(&memory);
            added.push(AddOutcome::Added(memory));
        }
        additions.end()?;
        Ok(added)
    }

    /// Writes back a memory that was changed; `before` is what it was.
    pub(crate) fn update(&mut self, memory: &Memory, before: &Memory) -> Result<()> {
        changes::update(self.connection, self.place, memory, &before.memory, self.now)?;
        self.notify("memory_update", || event_payload(memory, "UPDATE"));
        if memory.memory != before.memory {
            self.notify_categories(memory);
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, memory: &Memory) -> Result<()> {
        changes::delete(self.connection, self.place, memory, self.now)?;
        self.notify("memory_delete", || event_payload(memory, "DELETE"));
        Ok(())
    }

    /// Deletes many, and says so of each, as the event of that deletion has it in its `results`.
    pub(crate) fn delete_each<'m>(
        &mut self,
        memories: impl IntoIterator<Item = &'m Memory>,
    ) -> Result<Value> {
        let mut results = Vec::new();
        for memory in memories {
            self.delete(memory)?;
            results.push(json!({ "id": memory.memory_id, "event": "DELETE", "memory": memory.memory }));
        }
        Ok(results.into())
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

    fn notify_categories(&mut self, memory: &Memory) {
        if let Some(categories) = memory.categories.as_ref().filter(|categories| !categories.is_empty()) {
            self.notify("memory_categorize", || {
                let details =
                    json!({ "event": "CATEGORIZE", "memory_id": memory.memory_id, "categories": categories });
                json!({ "event_details": details })
            });
        }
    }

    fn notify(&mut self, event_type: &'static str, payload: impl FnOnce() -> Value) {
        if self.has_webhooks {
            self.after_commit.push(AfterCommit::NotifyWebhooks {
                org_id: self.place.org_id.to_owned(),
                project_id: self.place.project_id.to_owned(),
                event_type,
                payload: payload(),
            });
        }
    }
}

/// What a webhook is told of an addition, an update or a deletion (contract 7).
fn event_payload(memory: &Memory, event: &str) -> Value {
    json!({ "event_details": { "id": memory.memory_id, "data": { "memory": memory.memory }, "event": event } })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::store::{Beginning, Store};

    fn memory(text: &str, categories: &[&str]) -> Memory {
        Memory {
            number: 0,
            memory_id: String::new(),
            user_id: Some("u".to_owned()),
            agent_id: None,
            app_id: None,
            run_id: None,
            memory: text.to_owned(),
            metadata: None,
            categories: Some(categories.iter().map(|name| (*name).to_owned()).collect()),
            input: None,
            expiration_date: None,
            immutable: false,
            event_date: None,
            replaced_by: None,
            lifecycle_state: "active".to_owned(),
            created_at: 0,
            updated_at: 0,
        }
    }

    /// What is told of one memory that is added, updated twice and deleted.
    fn told(has_webhook: bool) -> (String, Vec<(&'static str, Value)>) {
        let beginning = Beginning { seed: Some(0), content: None, now: 0 };
        let (mut store, defaults) = Store::open(None, &beginning).unwrap();
        store
            .write(|connection| {
                let place = Place { org_id: &defaults.org_id, project_id: &defaults.project_id };
                if has_webhook {
                    let webhook = "INSERT INTO webhooks (webhook_id, org_id, project_id, name, url, event_types, \
                                   owner, is_active, created_at, updated_at) \
                                   VALUES ('w', ?1, ?2, 'n', 'http://127.0.0.1', '[]', 'o', 1, 0, 0)";
                    connection.execute(webhook, (place.org_id, place.project_id))?;
                }
                let mut after_commit = Vec::new();
                let mut writer = MemoryWriter::new(connection, place, 0, &mut after_commit)?;
                let twice = ["Tea", "Tea"].map(|text| (memory(text, &["food"]), Vec::new()));
                let added = <[AddOutcome; 2]>::try_from(writer.add_each(twice)?);
                let Ok([AddOutcome::Added(first), AddOutcome::Duplicate(_)]) = added else { panic!("it is there once") };
                let second = Memory { memory: "Milk".to_owned(), ..first.clone() };
                writer.update(&second, &first)?;
                let third = Memory { metadata: Some(json!({})), ..second.clone() };
                writer.update(&third, &second)?;
                writer.delete(&third)?;
                let tell = |task| match task {
                    AfterCommit::NotifyWebhooks { event_type, payload, .. } => (event_type, payload),
                    other => panic!("{other:?}"),
                };
                Ok::<_, rusqlite::Error>((first.memory_id, after_commit.into_iter().map(tell).collect()))
            })
            .unwrap()
    }

    #[test]
    fn webhooks_are_told_of_every_change_in_its_documented_shape() {
        let (id, told) = told(true);
        let changed = |event_type, memory: &str, event: &str| {
            (event_type, json!({"event_details": {"id": id, "data": {"memory": memory}, "event": event}}))
        };
        let filed =
            json!({"event_details": {"event": "CATEGORIZE", "memory_id": id, "categories": ["food"]}});
        let expected = [
            changed("memory_add", "Tea", "ADD"),
            ("memory_categorize", filed.clone()),
            changed("memory_update", "Milk", "UPDATE"),
            ("memory_categorize", filed),
            changed("memory_update", "Milk", "UPDATE"),
            changed("memory_delete", "Milk", "DELETE"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn nobody_is_told_where_there_is_no_webhook() {
        assert_eq!(told(false).1, []);
    }

    #[test]
    fn to_be_added_is_a_touch_where_decay_is_on() {
        let beginning = Beginning { seed: Some(0), content: None, now: 0 };
        let (mut store, defaults) = Store::open(None, &beginning).unwrap();
        store
            .write(|connection| {
                let place = Place { org_id: &defaults.org_id, project_id: &defaults.project_id };
                let mut after_commit = Vec::new();
                let mut accesses = |text: &str| {
                    let mut writer = MemoryWriter::new(connection, place, 0, &mut after_commit)?;
                    let added = writer.add_each([(memory(text, &[]), Vec::new())])?;
                    let [AddOutcome::Added(memory)] = added.as_slice() else { panic!("it is new") };
                    accesses::of(connection, memory.number)
                };
                assert_eq!(accesses("Tea")?, [0; 0]);
                connection.execute("UPDATE projects SET settings = '{\"decay\": true}'", [])?;
                assert_eq!(accesses("Milk")?, [0]);
                Ok::<_, rusqlite::Error>(())
            })
            .unwrap();
    }
}
