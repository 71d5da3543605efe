//! How a model makes the memories of an add.

use rusqlite::Connection;

use crate::jobs::addition::Addition;
use crate::jobs::backend::Backend;
use crate::jobs::extraction::{self, Model};
use crate::jobs::ingest::{self, Draft, Manner};
use crate::jobs::{Job, prompt};
use crate::lock;
use crate::store::events;
use crate::store::keys::ProjectScope;
use crate::store::memories::{self, Memory};

/// How many memories a model is shown of those that are there.
const KNOWN: usize = 20;

/// Asks the model for the memories of an add, and makes them. No lock is held while it thinks.
pub(crate) fn carry_out(backend: &Backend, model: &Model, add: &Job) -> rusqlite::Result<()> {
    let now = backend.clock.now_in_microseconds();
    let begun = lock(&backend.store).write(|connection| {
        let Some((event, addition)) = ingest::waiting(connection, &add.id)? else { return Ok(None) };
        let Some(addition) = addition else {
            events::fail(connection, &add.id, ingest::UNREADABLE, now)?;
            return Ok(None);
        };
        events::run(connection, &add.id, now)?;
        let manner = Manner::of(connection, event.project_scope(), addition.custom_categories.clone())?;
        let known = known(connection, event.project_scope(), &addition)?;
        Ok::<_, rusqlite::Error>(Some((addition, manner, known)))
    })?;
    if let Some((addition, manner, known)) = begun {
        let body = prompt::completion(model.name(), &addition, &manner, &known, now);
        let drafts =
            extraction::ask(model, &body, |answer| prompt::drafts(answer, &addition, &manner, &known));
        end(backend, add, &manner, drafts)?;
    }
    backend.tasks.done(0, std::slice::from_ref(add));
    Ok(())
}

/// The newest active memories of the user or the agent of an add.
fn known(
    connection: &Connection,
    scope: ProjectScope<'_>,
    addition: &Addition,
) -> rusqlite::Result<Vec<Memory>> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM memories WHERE project_id = ?1 AND org_id = ?2 \
             AND (user_id = ?3 OR agent_id = ?4) AND lifecycle_state = 'active' ORDER BY number DESC LIMIT {KNOWN}",
            memories::COLUMNS
        ))?
        .query_map((scope.project_id, scope.org_id, &addition.user_id, &addition.agent_id), memories::read)?
        .collect()
}

/// Stores what the model made of an add, unless somebody else was faster.
fn end(
    backend: &Backend,
    add: &Job,
    manner: &Manner,
    drafts: Result<Vec<Draft>, String>,
) -> rusqlite::Result<()> {
    let now = backend.clock.now_in_microseconds();
    let mut store = lock(&backend.store);
    let left = store.write(|connection| {
        let mut left = Vec::new();
        if let Some((event, Some(addition))) = ingest::waiting(connection, &add.id)? {
            match drafts {
                Ok(drafts) => ingest::finish(connection, &event, &addition, manner, drafts, now, &mut left)?,
                Err(sentence) => events::fail(connection, &event.event_id, &sentence, now)?,
            }
        }
        Ok::<_, rusqlite::Error>(left)
    })?;
    backend.leave(&mut store, left);
    Ok(())
}
