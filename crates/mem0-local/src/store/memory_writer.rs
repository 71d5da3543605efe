//! Changes of memories, with history and webhook events.

use rusqlite::{Connection, Result};
use serde_json::{Value, json};

use crate::clock;
use crate::store::after_commit::AfterCommit;
use crate::store::changes;
use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;
use crate::store::memory_inserter::MemoryInserter;
use crate::store::{accesses, webhooks};

/// Changes memories of one project in one transaction.
pub(crate) struct MemoryWriter<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) scope: ProjectScope<'a>,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    /// Work to do after the commit.
    after_commit: &'a mut Vec<AfterCommit>,
    /// Whether the project has webhooks.
    has_webhooks: bool,
}

/// Result of adding a memory.
pub(crate) enum AddOutcome {
    Added(Memory),
    /// A memory with the same text, user, agent, app and run exists.
    Duplicate(Memory),
}

impl<'a> MemoryWriter<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        scope: ProjectScope<'a>,
        now: i64,
        after_commit: &'a mut Vec<AfterCommit>,
    ) -> Result<Self> {
        let has_webhooks = webhooks::exist(connection, scope)?;
        Ok(Self { connection, scope, now, after_commit, has_webhooks })
    }

    /// Adds memories and assigns their IDs. Returns the results in order.
    pub(crate) fn add_each(
        &mut self,
        memories: impl IntoIterator<Item = (Memory, Vec<String>)>,
    ) -> Result<Vec<AddOutcome>> {
        let mut inserter = MemoryInserter::new(self.connection, self.scope, self.now)?;
        let records_accesses = accesses::are_recorded(self.connection, self.scope)?;
        let today = clock::format_date(self.now);
        let mut added = Vec::new();
        for (mut memory, supersedes) in memories {
            let hash = changes::hash(&memory);
            if let Some(known) = changes::find_same(self.connection, self.scope, &memory, hash, &today)? {
                added.push(AddOutcome::Duplicate(known));
                continue;
            }
            memory.memory_id = inserter.memory_id()?;
            memory.number = inserter.add(&memory, Some(hash), self.now)?;
            if records_accesses {
                // Adding counts as the first access: see `docs/platform-api.md#decay`.
                accesses::record(self.connection, self.scope, memory.number, memory.created_at)?;
            }
            for older in &supersedes {
                changes::supersede(self.connection, self.scope, older, &memory.memory_id)?;
            }
            self.notify("memory_add", || event_payload(&memory, "ADD"));
            self.notify_categories(&memory);
            added.push(AddOutcome::Added(memory));
        }
        inserter.finish()?;
        Ok(added)
    }

    /// Updates a memory. `before` is its previous state.
    pub(crate) fn update(&mut self, memory: &Memory, before: &Memory) -> Result<()> {
        changes::update(self.connection, self.scope, memory, &before.memory, self.now)?;
        self.notify("memory_update", || event_payload(memory, "UPDATE"));
        if memory.memory != before.memory {
            self.notify_categories(memory);
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, memory: &Memory) -> Result<()> {
        changes::delete(self.connection, self.scope, memory, self.now)?;
        self.notify("memory_delete", || event_payload(memory, "DELETE"));
        Ok(())
    }

    /// Deletes memories, and returns the `results` of the deletion event.
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

    /// Deletes the memories that a memory supersedes, transitively, and then the memory. Returns the number of
    /// superseded ones.
    pub(crate) fn delete_linked(&mut self, memory: &Memory) -> Result<usize> {
        let mut linked: Vec<Memory> = Vec::new();
        let mut next = vec![memory.memory_id.clone()];
        while let Some(memory_id) = next.pop() {
            for older in changes::superseded_by(self.connection, self.scope, &memory_id)? {
                // A dump may contain a cycle.
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
                org_id: self.scope.org_id.to_owned(),
                project_id: self.scope.project_id.to_owned(),
                event_type,
                payload: payload(),
            });
        }
    }
}

/// Webhook payload for an added, updated or deleted memory: see `docs/platform-api.md#webhook-deliveries`.
fn event_payload(memory: &Memory, event: &str) -> Value {
    json!({ "event_details": { "id": memory.memory_id, "data": { "memory": memory.memory }, "event": event } })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::store::{InitialState, Store};

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

    /// Webhook events of one memory that is added, updated twice and deleted.
    fn events(has_webhook: bool) -> (String, Vec<(&'static str, Value)>) {
        let initial = InitialState { seed: Some(0), content: None, now: 0 };
        let (mut store, defaults) = Store::open(None, &initial).unwrap();
        store
            .write(|connection| {
                let scope = ProjectScope { org_id: &defaults.org_id, project_id: &defaults.project_id };
                if has_webhook {
                    let webhook = "INSERT INTO webhooks (webhook_id, org_id, project_id, name, url, event_types, \
                                   owner, is_active, created_at, updated_at) \
                                   VALUES ('w', ?1, ?2, 'n', 'http://127.0.0.1', '[]', 'o', 1, 0, 0)";
                    connection.execute(webhook, (scope.org_id, scope.project_id))?;
                }
                let mut after_commit = Vec::new();
                let mut writer = MemoryWriter::new(connection, scope, 0, &mut after_commit)?;
                let duplicates = ["Tea", "Tea"].map(|text| (memory(text, &["food"]), Vec::new()));
                let added = <[AddOutcome; 2]>::try_from(writer.add_each(duplicates)?);
                let Ok([AddOutcome::Added(first), AddOutcome::Duplicate(_)]) = added else { panic!("expected one new memory") };
                let second = Memory { memory: "Milk".to_owned(), ..first.clone() };
                writer.update(&second, &first)?;
                let third = Memory { metadata: Some(json!({})), ..second.clone() };
                writer.update(&third, &second)?;
                writer.delete(&third)?;
                let event = |item| match item {
                    AfterCommit::NotifyWebhooks { event_type, payload, .. } => (event_type, payload),
                    other => panic!("{other:?}"),
                };
                Ok::<_, rusqlite::Error>((first.memory_id, after_commit.into_iter().map(event).collect()))
            })
            .unwrap()
    }

    #[test]
    fn webhooks_get_the_documented_payload_of_every_change() {
        let (id, events) = events(true);
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
        assert_eq!(events, expected);
    }

    #[test]
    fn without_webhooks_there_are_no_events() {
        assert_eq!(events(false).1, []);
    }

    #[test]
    fn adding_counts_as_an_access_if_decay_is_on() {
        let initial = InitialState { seed: Some(0), content: None, now: 0 };
        let (mut store, defaults) = Store::open(None, &initial).unwrap();
        store
            .write(|connection| {
                let scope = ProjectScope { org_id: &defaults.org_id, project_id: &defaults.project_id };
                let mut after_commit = Vec::new();
                let mut accesses = |text: &str| {
                    let mut writer = MemoryWriter::new(connection, scope, 0, &mut after_commit)?;
                    let added = writer.add_each([(memory(text, &[]), Vec::new())])?;
                    let [AddOutcome::Added(memory)] = added.as_slice() else {
                        panic!("expected a new memory")
                    };
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
