//! Organizations.

use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::store::ids;

pub(crate) struct Organization {
    pub(crate) org_id: String,
    pub(crate) name: String,
    pub(crate) is_default: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

const COLUMNS: &str = "org_id, name, is_default, created_at, updated_at";

fn read(row: &Row<'_>) -> Result<Organization> {
    Ok(Organization {
        org_id: row.get(0)?,
        name: row.get(1)?,
        is_default: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
    })
}

pub(crate) fn get(connection: &Connection, org_id: &str) -> Result<Option<Organization>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM organizations WHERE org_id = ?1"))?
        .query_row([org_id], read)
        .optional()
}

/// Organizations of a user, oldest first.
pub(crate) fn of_user(connection: &Connection, user_id: &str) -> Result<Vec<Organization>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM organizations \
             WHERE org_id IN (SELECT org_id FROM organization_members WHERE user_id = ?1) ORDER BY rowid"
        ))?
        .query_map([user_id], read)?
        .collect()
}

/// Creates an organization without members. Without `org_id`, an ID is generated.
pub(crate) fn create(
    connection: &Connection,
    org_id: Option<&str>,
    name: &str,
    is_default: bool,
    now: i64,
) -> Result<String> {
    let org_id = match org_id {
        Some(org_id) => org_id.to_owned(),
        None => ids::create(connection, "org_", 24)?,
    };
    connection
        .prepare_cached(&format!("INSERT INTO organizations ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?4)"))?
        .execute((&org_id, name, is_default, now))?;
    Ok(org_id)
}

/// Sets the time of the last change.
pub(crate) fn mark_updated(connection: &Connection, org_id: &str, now: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE organizations SET updated_at = max(?2, created_at) WHERE org_id = ?1")?
        .execute((org_id, now))?;
    Ok(())
}

/// Deletes an organization and, by cascading deletes, its content.
pub(crate) fn delete(connection: &Connection, org_id: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM organizations WHERE org_id = ?1")?.execute([org_id])?;
    Ok(())
}
