//! The hand that changes memories: what it does is in the history, and told to webhooks.

use rusqlite::{Connection, Result};
use serde_json::{Value, json};

use crate::clock;
use crate::store::additions::Additions;
use crate::store::changes;
use crate::store::follow_up::Task;
use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;
use crate::store::{touches, webhooks};

/// Changes memories of one project, in one transaction.
pub(crate) struct Writer<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) scope: ProjectScope<'a>,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    /// What is to be done after the transaction.
    tasks: &'a mut Vec<Task>,
    /// Whether there is anybody to be told of changes.
    tells: bool,
}

/// What became of a memory that was to be added.
pub(crate) enum Added {
    New(Memory),
    /// The same text of the same user, agent, app and run was there already.
    Known(Memory),
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        scope: ProjectScope<'a>,
        now: i64,
        tasks: &'a mut Vec<Task>,
    ) -> Result<Self> {
        let tells = webhooks::exist(connection, scope)?;
        Ok(Self { connection, scope, now, tasks, tells })
    }

    /// Adds memories, which get their identifiers here; what became of each, in their order.
    pub(crate) fn add_each(
        &mut self,
        memories: impl IntoIterator<Item = (Memory, Vec<String>)>,
    ) -> Result<Vec<Added>> {
        let mut additions = Additions::begin(self.connection, self.scope, self.now)?;
        let keeps_touches = touches::are_kept(self.connection, self.scope)?;
        let today = clock::format_date(self.now);
        let mut added = Vec::new();
        for (mut memory, supersedes) in memories {
            let hash = changes::hash(&memory);
            if let Some(known) = changes::find_same(self.connection, self.scope, &memory, hash, &today)? {
                added.push(Added::Known(known));
                continue;
            }
            memory.memory_id = additions.memory_id()?;
            memory.number = additions.add(&memory, Some(hash), self.now)?;
            if keeps_touches {
                // To be added is the first touch (memory semantics 8, C40).
                touches::touch(self.connection, self.scope, memory.number, memory.created_at)?;
            }
            for older in &supersedes {
                changes::supersede(self.connection, self.scope, older, &memory.memory_id)?;
            }
            self.tell("memory_add", || changed(&memory, "ADD"));
            self.tell_categories(&memory);
            added.push(Added::New(memory));
        }
        additions.end()?;
        Ok(added)
    }

    /// Writes back a memory that was changed; `before` is what it was.
    pub(crate) fn update(&mut self, memory: &Memory, before: &Memory) -> Result<()> {
        changes::update(self.connection, self.scope, memory, &before.memory, self.now)?;
        self.tell("memory_update", || changed(memory, "UPDATE"));
        if memory.memory != before.memory {
            self.tell_categories(memory);
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, memory: &Memory) -> Result<()> {
        changes::delete(self.connection, self.scope, memory, self.now)?;
        self.tell("memory_delete", || changed(memory, "DELETE"));
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
            for older in changes::superseded_by(self.connection, self.scope, &memory_id)? {
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

    fn tell_categories(&mut self, memory: &Memory) {
        if let Some(categories) = memory.categories.as_ref().filter(|categories| !categories.is_empty()) {
            self.tell("memory_categorize", || {
                let details =
                    json!({ "event": "CATEGORIZE", "memory_id": memory.memory_id, "categories": categories });
                json!({ "event_details": details })
            });
        }
    }

    fn tell(&mut self, event_type: &'static str, payload: impl FnOnce() -> Value) {
        if self.tells {
            self.tasks.push(Task::Tell {
                org_id: self.scope.org_id.to_owned(),
                project_id: self.scope.project_id.to_owned(),
                event_type,
                payload: payload(),
            });
        }
    }
}

/// What a webhook is told of an addition, an update or a deletion (contract 7).
fn changed(memory: &Memory, event: &str) -> Value {
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

    /// What is told of one memory that is added, updated twice and deleted.
    fn told(has_webhook: bool) -> (String, Vec<(&'static str, Value)>) {
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
                let mut tasks = Vec::new();
                let mut writer = Writer::new(connection, scope, 0, &mut tasks)?;
                let twice = ["Tea", "Tea"].map(|text| (memory(text, &["food"]), Vec::new()));
                let added = <[Added; 2]>::try_from(writer.add_each(twice)?);
                let Ok([Added::New(first), Added::Known(_)]) = added else { panic!("it is there once") };
                let second = Memory { memory: "Milk".to_owned(), ..first.clone() };
                writer.update(&second, &first)?;
                let third = Memory { metadata: Some(json!({})), ..second.clone() };
                writer.update(&third, &second)?;
                writer.delete(&third)?;
                let tell = |task| match task {
                    Task::Tell { event_type, payload, .. } => (event_type, payload),
                    other => panic!("{other:?}"),
                };
                Ok::<_, rusqlite::Error>((first.memory_id, tasks.into_iter().map(tell).collect()))
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
        let initial = InitialState { seed: Some(0), content: None, now: 0 };
        let (mut store, defaults) = Store::open(None, &initial).unwrap();
        store
            .write(|connection| {
                let scope = ProjectScope { org_id: &defaults.org_id, project_id: &defaults.project_id };
                let mut tasks = Vec::new();
                let mut touches = |text: &str| {
                    let mut writer = Writer::new(connection, scope, 0, &mut tasks)?;
                    let added = writer.add_each([(memory(text, &[]), Vec::new())])?;
                    let [Added::New(memory)] = added.as_slice() else { panic!("it is new") };
                    touches::of(connection, memory.number)
                };
                assert_eq!(touches("Tea")?, [0; 0]);
                connection.execute("UPDATE projects SET settings = '{\"decay\": true}'", [])?;
                assert_eq!(touches("Milk")?, [0]);
                Ok::<_, rusqlite::Error>(())
            })
            .unwrap();
    }
}
