//! Webhooks of projects.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use serde_json::Value;

use crate::store::json_columns::json;
use crate::store::keys::ProjectScope;
use crate::store::{ids, project_members};
use mem0::Role;

/// Role of a user in the project of a webhook; `None` also if the webhook does not exist.
pub(crate) fn role(connection: &Connection, webhook_id: &str, user_id: &str) -> Result<Option<Role>> {
    let project: Option<(String, String)> = connection
        .prepare_cached("SELECT org_id, project_id FROM webhooks WHERE webhook_id = ?1")?
        .query_row([webhook_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match project {
        Some((org_id, project_id)) => {
            project_members::effective_role(connection, &org_id, &project_id, user_id)
        }
        None => Ok(None),
    }
}

/// Whether a project has webhooks.
pub(crate) fn exist(connection: &Connection, scope: ProjectScope<'_>) -> Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM webhooks WHERE org_id = ?1 AND project_id = ?2)")?
        .query_row((scope.org_id, scope.project_id), |row| row.get(0))
}

pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) event_types: Value,
    /// User name of the creator.
    pub(crate) owner: String,
    pub(crate) is_active: bool,
    /// Current name of its project.
    pub(crate) project: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

const COLUMNS: &str = "webhook_id, webhooks.name, url, event_types, owner, is_active, projects.name, \
     webhooks.created_at, webhooks.updated_at";

fn read(row: &Row<'_>) -> Result<Webhook> {
    Ok(Webhook {
        id: row.get(0)?,
        name: row.get(1)?,
        url: row.get(2)?,
        event_types: json(row, 3)?.unwrap_or_default(),
        owner: row.get(4)?,
        is_active: row.get(5)?,
        project: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
    })
}

/// Webhooks of a project, oldest first.
pub(crate) fn list(connection: &Connection, project_id: &str) -> Result<Vec<Webhook>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM webhooks JOIN projects USING (org_id, project_id) \
             WHERE project_id = ?1 ORDER BY webhooks.number"
        ))?
        .query_map([project_id], read)?
        .collect()
}

pub(crate) fn get(connection: &Connection, webhook_id: &str) -> Result<Option<Webhook>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM webhooks JOIN projects USING (org_id, project_id) WHERE webhook_id = ?1"
        ))?
        .query_row([webhook_id], read)
        .optional()
}

/// Writable fields of a webhook.
pub(crate) struct WebhookFields<'a> {
    pub(crate) name: &'a str,
    pub(crate) url: &'a str,
    pub(crate) event_types: &'a Value,
    pub(crate) is_active: bool,
}

/// Creates a webhook of a project, owned by a user, and returns its ID.
pub(crate) fn create(
    connection: &Connection,
    project_id: &str,
    user_id: &str,
    fields: &WebhookFields<'_>,
    now: i64,
) -> Result<String> {
    let webhook_id = ids::create(connection, "wh_", 24)?;
    connection
        .prepare_cached(
            "INSERT INTO webhooks (webhook_id, org_id, project_id, name, url, event_types, owner, is_active, \
             created_at, updated_at) \
             SELECT ?1, org_id, project_id, ?4, ?5, ?6, username, ?7, ?8, ?8 FROM projects, users \
             WHERE project_id = ?2 AND user_id = ?3",
        )?
        .execute((
            &webhook_id,
            project_id,
            user_id,
            fields.name,
            fields.url,
            fields.event_types.to_string(),
            fields.is_active,
            now,
        ))?;
    Ok(webhook_id)
}

pub(crate) fn update(
    connection: &Connection,
    webhook_id: &str,
    fields: &WebhookFields<'_>,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE webhooks SET name = ?2, url = ?3, event_types = ?4, is_active = ?5, \
             updated_at = max(?6, created_at) WHERE webhook_id = ?1",
        )?
        .execute((
            webhook_id,
            fields.name,
            fields.url,
            fields.event_types.to_string(),
            fields.is_active,
            now,
        ))?;
    Ok(())
}

pub(crate) fn delete(connection: &Connection, webhook_id: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM webhooks WHERE webhook_id = ?1")?.execute([webhook_id])?;
    Ok(())
}

/// IDs and URLs of the active webhooks of a project for an event type.
pub(crate) fn targets(
    connection: &Connection,
    scope: ProjectScope<'_>,
    event_type: &str,
) -> Result<Vec<(String, String)>> {
    connection
        .prepare_cached(
            "SELECT webhook_id, url FROM webhooks WHERE org_id = ?1 AND project_id = ?2 AND is_active \
             AND EXISTS (SELECT 1 FROM json_each(event_types) WHERE value = ?3) ORDER BY number",
        )?
        .query_map((scope.org_id, scope.project_id, event_type), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
