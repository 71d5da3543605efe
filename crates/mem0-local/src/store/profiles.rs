//! Profiles of users: how they are made, the jobs that make them, and what they say.

use rusqlite::{Connection, OptionalExtension, Result};
use serde_json::Value;

use crate::store::ids;
use crate::store::json_columns::json;
use crate::store::keys::ProjectScope;

/// The settings that were set; `None` if none ever was.
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

/// Puts a profile that was made now in the place of the one before.
pub(crate) fn put(
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

/// An identifier for a job that is about to be made.
pub(crate) fn new_job_id(connection: &Connection) -> Result<String> {
    ids::uuid(connection)
}

/// Puts down a job, with what was answered to whoever asked for it.
pub(crate) fn put_job(
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

/// The job that was asked for with that key.
pub(crate) fn job_of_key(
    connection: &Connection,
    scope: ProjectScope<'_>,
    key: &str,
) -> Result<Option<Value>> {
    job_where(connection, scope, "idempotency_key", key)
}

/// A job that is still to be done.
pub(crate) struct WaitingJob {
    org_id: String,
    project_id: String,
    /// As it was put down.
    pub(crate) job: Value,
}

impl WaitingJob {
    pub(crate) fn project_scope(&self) -> ProjectScope<'_> {
        ProjectScope { org_id: &self.org_id, project_id: &self.project_id }
    }
}

/// A job, whosesoever it is, if it is still to be done.
pub(crate) fn waiting_job(connection: &Connection, job_id: &str) -> Result<Option<WaitingJob>> {
    connection
        .prepare_cached(
            "SELECT org_id, project_id, job FROM profile_jobs \
             WHERE job_id = ?1 AND json_extract(job, '$.job.status') = 'pending'",
        )?
        .query_row([job_id], |row| {
            let job = json(row, 2)?.unwrap_or_default();
            Ok(WaitingJob { org_id: row.get(0)?, project_id: row.get(1)?, job })
        })
        .optional()
}

/// All jobs that are still to be done, oldest first, each with the moment it was asked for.
pub(crate) fn waiting_jobs(connection: &Connection) -> Result<Vec<(String, i64)>> {
    connection
        .prepare_cached(
            "SELECT job_id, created_at FROM profile_jobs \
             WHERE json_extract(job, '$.job.status') = 'pending' ORDER BY number",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Whether a job is still to make a profile of that user.
pub(crate) fn is_awaited(connection: &Connection, scope: ProjectScope<'_>, user_id: &str) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM profile_jobs, json_each(job, '$.work.user_ids') AS awaited \
             WHERE org_id = ?1 AND project_id = ?2 AND json_extract(job, '$.job.status') = 'pending' \
             AND awaited.value = ?3)",
        )?
        .query_row((scope.org_id, scope.project_id, user_id), |row| row.get(0))
}

/// Puts down what a job has come to.
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

/// When the last sample was begun.
pub(crate) fn last_sample(connection: &Connection, scope: ProjectScope<'_>) -> Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT max(created_at) FROM profile_jobs WHERE org_id = ?1 AND project_id = ?2 \
             AND json_extract(job, '$.job.operation') = 'sample'",
        )?
        .query_row((scope.org_id, scope.project_id), |row| row.get(0))
}
