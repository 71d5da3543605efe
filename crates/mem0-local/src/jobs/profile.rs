//! Profile jobs.

use rusqlite::{Connection, Result};
use serde_json::{Value, json};

use crate::jobs::schema_fill;
use crate::store::keys::ProjectScope;
use crate::store::{entities, matching, profiles};

/// JSON of a pending profile job: the response to the request, the status that clients read, and the work to do.
pub(crate) fn pending(response: &Value, job_id: &str, schema: &Value, user_ids: &[String]) -> Value {
    json!({
        "response": response,
        "job": {
            "id": job_id,
            "operation": response["operation"],
            "entity_type": "user",
            "status": "pending",
            "total": user_ids.len(),
            "enumeration_complete": true,
            "completed": 0,
            "succeeded": 0,
            "failed": 0,
            "skipped": 0,
        },
        "work": { "schema": schema, "user_ids": user_ids },
    })
}

/// Runs a pending job, by the schema of its request.
pub(crate) fn run(connection: &Connection, job_id: &str, now: i64) -> Result<()> {
    let Some(pending) = profiles::pending_job(connection, job_id)? else { return Ok(()) };
    let work = &pending.job["work"];
    let user_ids = work["user_ids"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut succeeded = 0;
    for user_id in user_ids.iter().filter_map(Value::as_str) {
        succeeded +=
            usize::from(create_profile(connection, pending.project_scope(), &work["schema"], user_id, now)?);
    }
    let completed = user_ids.len();
    let mut job = pending.job["job"].clone();
    for (field, value) in [
        ("status", json!("succeeded")),
        ("completed", json!(completed)),
        ("succeeded", json!(succeeded)),
        ("skipped", json!(completed - succeeded)),
    ] {
        job[field] = value;
    }
    let completed_job = json!({ "response": pending.job["response"], "job": job });
    profiles::finish_job(connection, job_id, &completed_job)
}

/// Creates the profile of a user from their memories. Returns whether it has any content.
fn create_profile(
    connection: &Connection,
    scope: ProjectScope<'_>,
    schema: &Value,
    user_id: &str,
    now: i64,
) -> Result<bool> {
    // A user who was deleted meanwhile gets no profile.
    if entities::get(connection, scope, "user", user_id)?.is_none() {
        return Ok(false);
    }
    let memories = matching::newest_of_user(connection, scope, user_id, now)?;
    let profile = Value::Object(schema_fill::fill(schema, &memories));
    let has_content = !memories.is_empty() && schema_fill::has_content(&profile);
    let status = if has_content { "succeeded" } else { "insufficient_data" };
    profiles::replace(connection, scope, user_id, &profile, status, now)?;
    Ok(has_content)
}
