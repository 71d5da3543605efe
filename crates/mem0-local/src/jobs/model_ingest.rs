//! Add jobs with a model.

use rusqlite::Connection;

use crate::jobs::add_request::AddRequest;
use crate::jobs::backend::Backend;
use crate::jobs::extraction::{self, Model};
use crate::jobs::ingest::{self, IngestSettings, MemoryDraft};
use crate::jobs::{Job, prompt};
use crate::lock;
use crate::store::events;
use crate::store::keys::ProjectScope;
use crate::store::memories::{self, Memory};

/// Maximum number of existing memories in the prompt.
const MAX_KNOWN_MEMORIES: usize = 20;

/// Runs an add with the model. No lock is held during the request to the model.
pub(crate) fn run(backend: &Backend, model: &Model, add: &Job) -> rusqlite::Result<()> {
    let now = backend.clock.now_in_microseconds();
    let started = lock(&backend.store).write(|connection| {
        let Some((event, request)) = ingest::pending(connection, &add.id)? else { return Ok(None) };
        let Some(request) = request else {
            events::fail(connection, &add.id, ingest::INVALID_ADD_REQUEST, now)?;
            return Ok(None);
        };
        events::run(connection, &add.id, now)?;
        let settings =
            IngestSettings::of(connection, event.project_scope(), request.custom_categories.clone())?;
        let known = known(connection, event.project_scope(), &request)?;
        Ok::<_, rusqlite::Error>(Some((request, settings, known)))
    })?;
    if let Some((request, settings, known)) = started {
        let body = prompt::chat_request(model.name(), &request, &settings, &known, now);
        let drafts = extraction::complete(model, &body, |response| {
            prompt::parse_drafts(response, &request, &settings, &known)
        });
        finish(backend, add, &settings, drafts)?;
    }
    backend.jobs.remove(0, std::slice::from_ref(add));
    Ok(())
}

/// Newest active memories of the user or the agent of a request.
fn known(
    connection: &Connection,
    scope: ProjectScope<'_>,
    request: &AddRequest,
) -> rusqlite::Result<Vec<Memory>> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM memories WHERE project_id = ?1 AND org_id = ?2 \
             AND (user_id = ?3 OR agent_id = ?4) AND lifecycle_state = 'active' ORDER BY number DESC LIMIT {MAX_KNOWN_MEMORIES}",
            memories::COLUMNS
        ))?
        .query_map((scope.project_id, scope.org_id, &request.user_id, &request.agent_id), memories::read)?
        .collect()
}

/// Stores the result of the model, unless the event was completed meanwhile.
fn finish(
    backend: &Backend,
    add: &Job,
    settings: &IngestSettings,
    drafts: Result<Vec<MemoryDraft>, String>,
) -> rusqlite::Result<()> {
    let now = backend.clock.now_in_microseconds();
    let mut store = lock(&backend.store);
    let after_commit = store.write(|connection| {
        let mut after_commit = Vec::new();
        if let Some((event, Some(request))) = ingest::pending(connection, &add.id)? {
            match drafts {
                Ok(drafts) => {
                    ingest::finish(connection, &event, &request, settings, drafts, now, &mut after_commit)?;
                }
                Err(message) => events::fail(connection, &event.event_id, &message, now)?,
            }
        }
        Ok::<_, rusqlite::Error>(after_commit)
    })?;
    backend.finish_commit(&mut store, after_commit);
    Ok(())
}
