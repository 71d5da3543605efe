//! Members of projects.

use rusqlite::{Connection, OptionalExtension, Result};

use crate::store::organization_members::Member;
use mem0::Role;

/// Role that was given to a member of the project.
pub(crate) fn role(
    connection: &Connection,
    org_id: &str,
    project_id: &str,
    user_id: &str,
) -> Result<Option<Role>> {
    connection
        .prepare_cached(
            "SELECT role FROM project_members WHERE org_id = ?1 AND project_id = ?2 AND user_id = ?3",
        )?
        .query_row((org_id, project_id, user_id), |row| row.get::<_, String>(0))
        .optional()
        .map(|role| role.map(|role| Role::from_wire(&role)))
}

/// Effective role of a user in a project of an organization: an OWNER of the organization is an OWNER of each of its
/// projects. `None` also if the project does not exist.
pub(crate) fn effective_role(
    connection: &Connection,
    org_id: &str,
    project_id: &str,
    user_id: &str,
) -> Result<Option<Role>> {
    connection
        .prepare_cached(
            "SELECT CASE WHEN in_org.role = 'OWNER' THEN 'OWNER' ELSE in_project.role END \
             FROM projects \
             JOIN organization_members AS in_org ON in_org.org_id = projects.org_id AND in_org.user_id = ?3 \
             LEFT JOIN project_members AS in_project ON in_project.org_id = projects.org_id \
                  AND in_project.project_id = projects.project_id AND in_project.user_id = ?3 \
             WHERE projects.org_id = ?1 AND projects.project_id = ?2",
        )?
        .query_row((org_id, project_id, user_id), |row| row.get::<_, Option<String>>(0))
        .optional()
        .map(|role| role.flatten().map(|role| Role::from_wire(&role)))
}

/// Effective role of a user in a project of any organization.
pub(crate) fn role_in(connection: &Connection, project_id: &str, user_id: &str) -> Result<Option<Role>> {
    let org_id: Option<String> = connection
        .prepare_cached("SELECT org_id FROM projects WHERE project_id = ?1")?
        .query_row([project_id], |row| row.get(0))
        .optional()?;
    match org_id {
        Some(org_id) => effective_role(connection, &org_id, project_id, user_id),
        None => Ok(None),
    }
}

/// Members in the order in which they joined.
pub(crate) fn list(connection: &Connection, org_id: &str, project_id: &str) -> Result<Vec<Member>> {
    connection
        .prepare_cached(
            "SELECT user_id, username, email, role FROM project_members JOIN users USING (user_id) \
             WHERE org_id = ?1 AND project_id = ?2 ORDER BY project_members.rowid",
        )?
        .query_map((org_id, project_id), |row| {
            Ok(Member {
                user_id: row.get(0)?,
                username: row.get(1)?,
                email: row.get(2)?,
                role: Role::from_wire(&row.get::<_, String>(3)?),
            })
        })?
        .collect()
}

pub(crate) fn add(
    connection: &Connection,
    org_id: &str,
    project_id: &str,
    user_id: &str,
    role: &Role,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO project_members (org_id, project_id, user_id, role, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((org_id, project_id, user_id, role.as_str(), now))?;
    Ok(())
}

pub(crate) fn set_role(
    connection: &Connection,
    org_id: &str,
    project_id: &str,
    user_id: &str,
    role: &Role,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE project_members SET role = ?4 WHERE org_id = ?1 AND project_id = ?2 AND user_id = ?3",
        )?
        .execute((org_id, project_id, user_id, role.as_str()))?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, org_id: &str, project_id: &str, user_id: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM project_members WHERE org_id = ?1 AND project_id = ?2 AND user_id = ?3")?
        .execute((org_id, project_id, user_id))?;
    Ok(())
}

/// Whether the user is the only OWNER among the members of the project.
pub(crate) fn is_last_owner(
    connection: &Connection,
    org_id: &str,
    project_id: &str,
    user_id: &str,
) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT NOT EXISTS (SELECT 1 FROM project_members \
             WHERE org_id = ?1 AND project_id = ?2 AND user_id <> ?3 AND role = 'OWNER')",
        )?
        .query_row((org_id, project_id, user_id), |row| row.get(0))
}

/// Whether the user is the only OWNER of any project of the organization.
pub(crate) fn is_last_owner_of_any(connection: &Connection, org_id: &str, user_id: &str) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM project_members AS mine \
             WHERE mine.org_id = ?1 AND mine.user_id = ?2 AND mine.role = 'OWNER' AND NOT EXISTS ( \
                 SELECT 1 FROM project_members AS others \
                 WHERE others.org_id = mine.org_id AND others.project_id = mine.project_id \
                       AND others.user_id <> ?2 AND others.role = 'OWNER'))",
        )?
        .query_row((org_id, user_id), |row| row.get(0))
}
