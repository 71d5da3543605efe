//! Default content: users, organizations, projects and keys.

use rusqlite::{Connection, OptionalExtension, Result};
use serde_json::Map;

use crate::store::projects::NewProject;
use crate::store::{keys, organization_members, organizations, project_members, projects, users};
use mem0::Role;

/// IDs and keys of the default content.
#[derive(Clone)]
pub(crate) struct Defaults {
    pub(crate) org_id: String,
    pub(crate) project_id: String,
    pub(crate) owner_key: String,
    pub(crate) reader_key: String,
    pub(crate) other_key: String,
}

/// Stores the seed of the ID generator.
pub(crate) fn set_seed(connection: &Connection, seed: Option<u64>) -> Result<()> {
    set(connection, "ids_made", 0_i64)?;
    set(connection, "seed", seed.map(u64::cast_signed))
}

/// Creates the missing default content: at the first start, and after its project was deleted.
pub(crate) fn ensure(connection: &Connection, now: i64) -> Result<Defaults> {
    let owner_key = key(connection, "owner_key")?;
    let reader_key = key(connection, "reader_key")?;
    let (owner_key, reader_key) = match owner_key.zip(reader_key) {
        Some(found) => found,
        None => default_project(connection, now)?,
    };
    let other_key = match key(connection, "other_key")? {
        Some(found) => found,
        None => other_project(connection, now)?,
    };
    let mut statement = connection.prepare_cached("SELECT org_id, project_id FROM keys WHERE key = ?1")?;
    let (org_id, project_id) = statement.query_row([&owner_key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Defaults { org_id, project_id, owner_key, reader_key, other_key })
}

fn default_project(connection: &Connection, now: i64) -> Result<(String, String)> {
    let owner = user(connection, "owner", now)?;
    let reader = user(connection, "reader", now)?;
    let (org_id, project_id) = tenant(connection, "default-org", &owner, now)?;
    organization_members::add(connection, &org_id, &reader, &Role::Reader, false, now)?;
    project_members::add(connection, &org_id, &project_id, &reader, &Role::Reader, now)?;
    let owner_key = keys::create(connection, &owner, &org_id, &project_id, now)?;
    let reader_key = keys::create(connection, &reader, &org_id, &project_id, now)?;
    set(connection, "owner_key", &owner_key)?;
    set(connection, "reader_key", &reader_key)?;
    Ok((owner_key, reader_key))
}

fn other_project(connection: &Connection, now: i64) -> Result<String> {
    let other = user(connection, "other", now)?;
    let (org_id, project_id) = tenant(connection, "other-org", &other, now)?;
    let other_key = keys::create(connection, &other, &org_id, &project_id, now)?;
    set(connection, "other_key", &other_key)?;
    Ok(other_key)
}

/// Creates an organization with one project, both owned by one user.
fn tenant(connection: &Connection, name: &str, owner: &str, now: i64) -> Result<(String, String)> {
    let org_id = organizations::create(connection, None, name, true, now)?;
    organization_members::add(connection, &org_id, owner, &Role::Owner, false, now)?;
    let project = NewProject {
        org_id: &org_id,
        project_id: None,
        name: "default-project",
        is_default: true,
        settings: Map::new(),
    };
    let project_id = projects::create(connection, project, now)?;
    project_members::add(connection, &org_id, &project_id, owner, &Role::Owner, now)?;
    Ok((org_id, project_id))
}

fn user(connection: &Connection, name: &str, now: i64) -> Result<String> {
    let email = format!("{name}@example.com");
    match users::find(connection, &email)? {
        Some(user_id) => Ok(user_id),
        None => users::create(connection, &email, Some(name), now),
    }
}

/// Valid key of the default content.
fn key(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection
        .prepare_cached("SELECT key FROM meta JOIN keys ON key = value WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

fn set(connection: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?1, ?2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute((name, value))?;
    Ok(())
}
