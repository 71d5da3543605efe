//! Webhooks: where a project's changes are told.

use rusqlite::{Connection, OptionalExtension, Result};

use crate::local::store::keys::Place;
use crate::local::store::project_members;
use crate::model::Role;

/// The role a user acts with in the project of a webhook; `None` as well if there is no such webhook.
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

/// Whether a project has any.
pub(crate) fn exist(connection: &Connection, place: Place<'_>) -> Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM webhooks WHERE org_id = ?1 AND project_id = ?2)")?
        .query_row((place.org_id, place.project_id), |row| row.get(0))
}
