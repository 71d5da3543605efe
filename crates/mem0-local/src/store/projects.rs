//! Projects and their settings.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row};
use serde_json::{Map, Value};

use crate::store::ids;
use crate::store::keys::ProjectScope;

pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) org_id: String,
    pub(crate) name: String,
    pub(crate) is_default: bool,
    /// Settings that were set. Others have their defaults.
    pub(crate) settings: Map<String, Value>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

const COLUMNS: &str = "org_id, project_id, name, is_default, settings, created_at, updated_at";

fn read(row: &Row<'_>) -> Result<Project> {
    let settings: String = row.get(4)?;
    let settings = serde_json::from_str(&settings)
        .map_err(|error| Error::FromSqlConversionFailure(4, Type::Text, Box::new(error)))?;
    Ok(Project {
        org_id: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        is_default: row.get(3)?,
        settings,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

pub(crate) fn get(connection: &Connection, org_id: &str, project_id: &str) -> Result<Option<Project>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM projects WHERE org_id = ?1 AND project_id = ?2"))?
        .query_row((org_id, project_id), read)
        .optional()
}

/// Projects of an organization, oldest first.
pub(crate) fn list(connection: &Connection, org_id: &str) -> Result<Vec<Project>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM projects WHERE org_id = ?1 ORDER BY rowid"))?
        .query_map([org_id], read)?
        .collect()
}

/// Row number of a project.
pub(crate) fn number(connection: &Connection, scope: ProjectScope<'_>) -> Result<i64> {
    connection
        .prepare_cached("SELECT rowid FROM projects WHERE org_id = ?1 AND project_id = ?2")?
        .query_row((scope.org_id, scope.project_id), |row| row.get(0))
}

/// Project to create.
pub(crate) struct NewProject<'a> {
    pub(crate) org_id: &'a str,
    /// Generated if missing.
    pub(crate) project_id: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) is_default: bool,
    pub(crate) settings: Map<String, Value>,
}

/// Creates a project without members.
pub(crate) fn create(connection: &Connection, project: NewProject<'_>, now: i64) -> Result<String> {
    let project_id = match project.project_id {
        Some(project_id) => project_id.to_owned(),
        None => ids::create(connection, "proj_", 24)?,
    };
    let settings = Value::Object(project.settings).to_string();
    connection
        .prepare_cached(&format!("INSERT INTO projects ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"))?
        .execute((project.org_id, &project_id, project.name, project.is_default, settings, now))?;
    Ok(project_id)
}

/// Writes name, settings and time of change.
pub(crate) fn update(connection: &Connection, project: Project, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE projects SET name = ?3, settings = ?4, updated_at = max(?5, created_at) \
             WHERE org_id = ?1 AND project_id = ?2",
        )?
        .execute((
            project.org_id,
            project.id,
            project.name,
            Value::Object(project.settings).to_string(),
            now,
        ))?;
    Ok(())
}

/// Sets the time of the last change.
pub(crate) fn mark_updated(connection: &Connection, org_id: &str, project_id: &str, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE projects SET updated_at = max(?3, created_at) WHERE org_id = ?1 AND project_id = ?2",
        )?
        .execute((org_id, project_id, now))?;
    Ok(())
}

/// Deletes a project and, by cascading deletes, its content.
pub(crate) fn delete(connection: &Connection, org_id: &str, project_id: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM projects WHERE org_id = ?1 AND project_id = ?2")?
        .execute((org_id, project_id))?;
    Ok(())
}
