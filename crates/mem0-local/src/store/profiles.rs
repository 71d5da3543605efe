//! User profiles: settings, jobs and content.

use rusqlite::{Connection, OptionalExtension, Result};
use serde_json::Value;

use crate::store::ids;
use crate::store::json_columns::json;
use crate::store::keys::ProjectScope;

/// Profile settings; `None` if they were never set.
pub(crate) fn settings(connection: &Connection, scope: ProjectScope<'_>) -> Result<Option<Value>> {
    let settings = connection
        .prepare_cached(
            "SELECT profile_settings.settings FROM profile_settings JOIN projects USING (project_id) \
             WHERE org_id = ?1 AND project_id = ?2",
        )?
        .query_row((scope.org_id, scope.project_id), |row| json(row, 0))
        .optional()?;
    Ok(settings.flatten())
}

pub(crate) fn set_settings(connection: &Connection, scope: ProjectScope<'_>, settings: &Value) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO profile_settings (project_id, settings) \
             SELECT project_id, ?3 FROM projects WHERE org_id = ?1 AND project_id = ?2 \
             ON CONFLICT (project_id) DO UPDATE SET settings = excluded.settings",
        )?
        .execute((scope.org_id, scope.project_id, settings.to_string()))?;
    Ok(())
}

pub(crate) struct Profile {
    pub(crate) content: Value,
    pub(crate) status: String,
    pub(crate) error: Option<String>,
    pub(crate) generation_count: i64,
    pub(crate) updated_at: Option<i64>,
}

pub(crate) fn get(
    connection: &Connection,
    scope: ProjectScope<'_>,
    user_id: &str,
) -> Result<Option<Profile>> {
    connection
        .prepare_cached(
            "SELECT profile, status, error, generation_count, updated_at FROM profiles \
             WHERE org_id = ?1 AND project_id = ?2 AND entity_id = ?3",
        )?
        .query_row((scope.org_id, scope.project_id, user_id), |row| {
            Ok(Profile {
                content: json(row, 0)?.unwrap_or_default(),
                status: row.get(1)?,
                error: row.get(2)?,
                generation_count: row.get(3)?,
                updated_at: row.get(4)?,
            })
        })
        .optional()
}

/// Replaces a profile by a new one.
pub(crate) fn replace(
    connection: &Connection,
    scope: ProjectScope<'_>,
    user_id: &str,
    profile: &Value,
    status: &str,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO profiles (org_id, project_id, entity_id, profile, status, generation_count, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6) ON CONFLICT (org_id, project_id, entity_id) \
             DO UPDATE SET profile = ?4, status = ?5, error = NULL, generation_count = generation_count + 1, \
             updated_at = ?6",
        )?
        .execute((scope.org_id, scope.project_id, user_id, profile.to_string(), status, now))?;
    Ok(())
}

pub(crate) fn delete(connection: &Connection, scope: ProjectScope<'_>, user_id: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM profiles WHERE org_id = ?1 AND project_id = ?2 AND entity_id = ?3")?
        .execute((scope.org_id, scope.project_id, user_id))?;
    Ok(())
}

/// Creates an ID for a job.
pub(crate) fn new_job_id(connection: &Connection) -> Result<String> {
    ids::uuid(connection)
}

/// Stores a job, with the response to its request.
pub(crate) fn insert_job(
    connection: &Connection,
    scope: ProjectScope<'_>,
    job_id: &str,
    idempotency_key: Option<&str>,
    job: &Value,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO profile_jobs (job_id, org_id, project_id, idempotency_key, job, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((job_id, scope.org_id, scope.project_id, idempotency_key, job.to_string(), now))?;
    Ok(())
}

pub(crate) fn job(connection: &Connection, scope: ProjectScope<'_>, job_id: &str) -> Result<Option<Value>> {
    job_where(connection, scope, "job_id", job_id)
}

/// Job with an idempotency key.
pub(crate) fn job_by_key(
    connection: &Connection,
    scope: ProjectScope<'_>,
    key: &str,
) -> Result<Option<Value>> {
    job_where(connection, scope, "idempotency_key", key)
}

/// Pending job.
pub(crate) struct PendingJob {
    org_id: String,
    project_id: String,
    /// JSON as it was stored.
    pub(crate) job: Value,
}

impl PendingJob {
    pub(crate) fn project_scope(&self) -> ProjectScope<'_> {
        ProjectScope { org_id: &self.org_id, project_id: &self.project_id }
    }
}

/// Finds a pending job of any project.
pub(crate) fn pending_job(connection: &Connection, job_id: &str) -> Result<Option<PendingJob>> {
    connection
        .prepare_cached(
            "SELECT org_id, project_id, job FROM profile_jobs \
             WHERE job_id = ?1 AND json_extract(job, '$.job.status') = 'pending'",
        )?
        .query_row([job_id], |row| {
            let job = json(row, 2)?.unwrap_or_default();
            Ok(PendingJob { org_id: row.get(0)?, project_id: row.get(1)?, job })
        })
        .optional()
}

/// Pending jobs, oldest first, with the times of their requests.
pub(crate) fn pending_jobs(connection: &Connection) -> Result<Vec<(String, i64)>> {
    connection
        .prepare_cached(
            "SELECT job_id, created_at FROM profile_jobs \
             WHERE json_extract(job, '$.job.status') = 'pending' ORDER BY number",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Whether a pending job creates the profile of a user.
pub(crate) fn has_pending_job(
    connection: &Connection,
    scope: ProjectScope<'_>,
    user_id: &str,
) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM profile_jobs, json_each(job, '$.work.user_ids') AS awaited \
             WHERE org_id = ?1 AND project_id = ?2 AND json_extract(job, '$.job.status') = 'pending' \
             AND awaited.value = ?3)",
        )?
        .query_row((scope.org_id, scope.project_id, user_id), |row| row.get(0))
}

/// Stores the result of a job.
pub(crate) fn finish_job(connection: &Connection, job_id: &str, job: &Value) -> Result<()> {
    connection
        .prepare_cached("UPDATE profile_jobs SET job = ?2 WHERE job_id = ?1")?
        .execute((job_id, job.to_string()))?;
    Ok(())
}

fn job_where(
    connection: &Connection,
    scope: ProjectScope<'_>,
    column: &'static str,
    value: &str,
) -> Result<Option<Value>> {
    let job = connection
        .prepare_cached(&format!(
            "SELECT job FROM profile_jobs WHERE org_id = ?1 AND project_id = ?2 AND {column} = ?3"
        ))?
        .query_row((scope.org_id, scope.project_id, value), |row| json(row, 0))
        .optional()?;
    Ok(job.flatten())
}

/// Start time of the last sample.
pub(crate) fn last_sample(connection: &Connection, scope: ProjectScope<'_>) -> Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT max(created_at) FROM profile_jobs WHERE org_id = ?1 AND project_id = ?2 \
             AND json_extract(job, '$.job.operation') = 'sample'",
        )?
        .query_row((scope.org_id, scope.project_id), |row| row.get(0))
}
