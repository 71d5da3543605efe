//! API keys: each belongs to a user, an organization and a project.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, Result};

use crate::store::ids;

/// Identity behind an API key. `Debug` hides the e-mail address.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) user_id: String,
    pub(crate) email: String,
    pub(crate) org_id: String,
    pub(crate) project_id: String,
}

/// Project and its organization. Every row of a tenant contains both IDs, and every query is bound to both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProjectScope<'a> {
    pub(crate) org_id: &'a str,
    pub(crate) project_id: &'a str,
}

impl Caller {
    /// Project of the key.
    pub(crate) fn project_scope(&self) -> ProjectScope<'_> {
        ProjectScope { org_id: &self.org_id, project_id: &self.project_id }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

pub(crate) fn find(connection: &Connection, key: &str) -> Result<Option<Caller>> {
    connection
        .prepare_cached(
            "SELECT user_id, email, org_id, project_id FROM keys JOIN users USING (user_id) WHERE key = ?1",
        )?
        .query_row([key], |row| {
            Ok(Caller {
                user_id: row.get(0)?,
                email: row.get(1)?,
                org_id: row.get(2)?,
                project_id: row.get(3)?,
            })
        })
        .optional()
}

/// Prefix of keys of a local platform. The SDK sends such keys to this machine only.
pub(crate) const KEY_PREFIX: &str = "m0-local-";

/// Creates a key of a user for a project.
pub(crate) fn create(
    connection: &Connection,
    user_id: &str,
    org_id: &str,
    project_id: &str,
    now: i64,
) -> Result<String> {
    let key = ids::create(connection, KEY_PREFIX, 32)?;
    insert(connection, &key, user_id, org_id, project_id, now)?;
    Ok(key)
}

pub(crate) fn insert(
    connection: &Connection,
    key: &str,
    user_id: &str,
    org_id: &str,
    project_id: &str,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO keys (key, user_id, org_id, project_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((key, user_id, org_id, project_id, now))?;
    Ok(())
}
