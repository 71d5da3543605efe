//! Members of organizations.

use rusqlite::{Connection, OptionalExtension, Result};

use mem0::Role;

/// Member of an organization or of a project.
pub(crate) struct Member {
    pub(crate) user_id: String,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) role: Role,
}

pub(crate) fn role(connection: &Connection, org_id: &str, user_id: &str) -> Result<Option<Role>> {
    connection
        .prepare_cached("SELECT role FROM organization_members WHERE org_id = ?1 AND user_id = ?2")?
        .query_row((org_id, user_id), |row| row.get::<_, String>(0))
        .optional()
        .map(|role| role.map(|role| Role::from_wire(&role)))
}

/// Members in the order in which they joined.
pub(crate) fn list(connection: &Connection, org_id: &str) -> Result<Vec<Member>> {
    connection
        .prepare_cached(
            "SELECT user_id, username, email, role FROM organization_members JOIN users USING (user_id) \
             WHERE org_id = ?1 ORDER BY organization_members.rowid",
        )?
        .query_map([org_id], |row| {
            Ok(Member {
                user_id: row.get(0)?,
                username: row.get(1)?,
                email: row.get(2)?,
                role: Role::from_wire(&row.get::<_, String>(3)?),
            })
        })?
        .collect()
}

/// Members who were added before they had an account: e-mail, role and time.
pub(crate) fn invited(connection: &Connection, org_id: &str) -> Result<Vec<(String, Role, i64)>> {
    connection
        .prepare_cached(
            "SELECT email, role, organization_members.created_at \
             FROM organization_members JOIN users USING (user_id) \
             WHERE org_id = ?1 AND invited ORDER BY organization_members.rowid",
        )?
        .query_map([org_id], |row| {
            Ok((row.get(0)?, Role::from_wire(&row.get::<_, String>(1)?), row.get(2)?))
        })?
        .collect()
}

pub(crate) fn add(
    connection: &Connection,
    org_id: &str,
    user_id: &str,
    role: &Role,
    invited: bool,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO organization_members (org_id, user_id, role, invited, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((org_id, user_id, role.as_str(), invited, now))?;
    Ok(())
}

pub(crate) fn set_role(connection: &Connection, org_id: &str, user_id: &str, role: &Role) -> Result<()> {
    connection
        .prepare_cached("UPDATE organization_members SET role = ?3 WHERE org_id = ?1 AND user_id = ?2")?
        .execute((org_id, user_id, role.as_str()))?;
    Ok(())
}

/// Removes a member from an organization and, by cascading deletes, from its projects.
pub(crate) fn remove(connection: &Connection, org_id: &str, user_id: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM organization_members WHERE org_id = ?1 AND user_id = ?2")?
        .execute((org_id, user_id))?;
    Ok(())
}

/// Whether the user is the only OWNER of the organization.
pub(crate) fn is_last_owner(connection: &Connection, org_id: &str, user_id: &str) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT NOT EXISTS (SELECT 1 FROM organization_members \
             WHERE org_id = ?1 AND user_id <> ?2 AND role = 'OWNER')",
        )?
        .query_row((org_id, user_id), |row| row.get(0))
}
