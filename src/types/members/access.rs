//! Roles of all members of an organization.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ids::{OrgId, ProjectId, UserId};
use crate::redact::{Redacted, escape_invisible};
use crate::types::{Member, Organization, Project, Role};

/// Roles of all members in an organization and in each of its projects.
///
/// It has memberships, as the platform lists them. An OWNER of the organization may have access to projects of which they
/// are not a member.
///
/// `Display` is a table **with e-mail addresses**, a line per member and a column per project: keep it out of logs. A
/// member without an e-mail address is shown by user name or id. `–` is no membership, and `?` is unknown, because the
/// caller can't read the project. `Debug` hides addresses and names of members.
///
/// ```
/// use mem0::Role;
/// use mem0::members::Access;
/// use serde_json::json;
///
/// let access: Access = serde_json::from_value(json!({
///     "projects": [{"project_id": "p1", "name": "Bot", "is_readable": true}],
///     "members": [
///         {"email": "ann@example.com", "role": "OWNER", "projects": {"p1": "OWNER"}},
///         {"email": "bob@example.com", "role": "READER"},
///     ],
/// }))?;
/// let table = "\
/// MEMBER           ORGANIZATION  Bot
/// ann@example.com  OWNER         OWNER
/// bob@example.com  READER        –";
/// assert_eq!(access.to_string(), table);
/// assert_eq!(access.member("BOB@example.com").and_then(|bob| bob.role.as_ref()), Some(&Role::Reader));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Access {
    /// Id of the organization.
    pub org_id: Option<OrgId>,
    /// Name of the organization.
    pub organization: Option<String>,
    /// Projects in the order of the platform. It lists only those that the caller can see.
    pub projects: Vec<ProjectAccess>,
    /// Members of the organization or of a project, by e-mail address; then those without one, by user name or id.
    pub members: Vec<MemberAccess>,
}

/// Project in an [`Access`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectAccess {
    /// Id of the project.
    pub project_id: ProjectId,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether the caller can read the members of the project. If not, no member has a role in it here.
    pub is_readable: bool,
}

/// Member in an [`Access`].
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MemberAccess {
    /// E-mail address, if the platform sent one.
    pub email: Option<String>,
    /// User name, if the platform sent one.
    pub username: Option<String>,
    /// Id of the user, if the platform sent one.
    pub user_id: Option<UserId>,
    /// Role in the organization. `None` if they are not a member of it.
    pub role: Option<Role>,
    /// Roles in the projects of which they are a member.
    pub projects: BTreeMap<ProjectId, Role>,
}

impl Access {
    /// Returns the member with an e-mail address. The case of ASCII letters is ignored.
    pub fn member(&self, email: &str) -> Option<&MemberAccess> {
        let is_same = |address: &str| address.eq_ignore_ascii_case(email);
        self.members.iter().find(|member| member.email.as_deref().is_some_and(is_same))
    }

    /// Joins the members of an organization and of its projects. The members of an unreadable project are `None`.
    pub(crate) fn new(
        org_id: &OrgId,
        organization: Organization,
        projects: &[(Project, Option<Vec<Member>>)],
    ) -> Result<Self> {
        let mut access = Self { org_id: Some(org_id.clone()), ..Self::default() };
        for member in organization.members()? {
            access.row(member).role = Some(member.role()?.clone());
        }
        for (project, members) in projects {
            let project_id = project.id()?;
            for member in members.iter().flatten() {
                access.row(member).projects.insert(project_id.clone(), member.role()?.clone());
            }
            access.projects.push(ProjectAccess {
                project_id: project_id.clone(),
                name: project.name.clone(),
                is_readable: members.is_some(),
            });
        }
        access.organization = organization.name;
        access.members.sort_by_cached_key(MemberAccess::sort_key);
        Ok(access)
    }

    /// Row of a member, which is created if there is none.
    fn row(&mut self, member: &Member) -> &mut MemberAccess {
        let index = self.members.iter().position(|row| row.is_of(member)).unwrap_or_else(|| {
            self.members.push(MemberAccess::default());
            self.members.len() - 1
        });
        let row = &mut self.members[index];
        row.email = row.email.take().or_else(|| member.email.clone());
        row.username = row.username.take().or_else(|| member.username.clone());
        row.user_id = row.user_id.take().or_else(|| member.user_id.clone());
        row
    }

    /// Title of the column of a project: its name, with the id if another project has the same name.
    fn title(&self, project: &ProjectAccess) -> String {
        let id = project.project_id.as_str();
        let Some(name) = project.name.as_deref().filter(|name| !name.trim().is_empty()) else {
            return escape_invisible(id);
        };
        let namesakes = self.projects.iter().filter(|other| other.name.as_deref() == Some(name)).count();
        if namesakes > 1 { escape_invisible(&format!("{name} ({id})")) } else { escape_invisible(name) }
    }
}

impl MemberAccess {
    /// Whether a listed member is this one: by e-mail address or, if one of them has none, by user name or id.
    fn is_of(&self, member: &Member) -> bool {
        fn is_same<V: PartialEq>(one: Option<&V>, other: Option<&V>) -> bool {
            one.is_some() && one == other
        }
        match (&self.email, &member.email) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            _ => {
                is_same(self.username.as_ref(), member.username.as_ref())
                    || is_same(self.user_id.as_ref(), member.user_id.as_ref())
            }
        }
    }

    /// E-mail address, or else user name, or else user id.
    fn title(&self) -> &str {
        let id = self.user_id.as_ref().map(UserId::as_str);
        self.email.as_deref().or(self.username.as_deref()).or(id).unwrap_or("unnamed")
    }

    fn sort_key(&self) -> (bool, String) {
        (self.email.is_none(), self.title().to_ascii_lowercase())
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = self.projects.iter().map(|project| self.title(project));
        let mut rows: Vec<Vec<String>> =
            vec![["MEMBER".to_owned(), "ORGANIZATION".to_owned()].into_iter().chain(titles).collect()];
        for member in &self.members {
            let role =
                |role: Option<&Role>| role.map_or("–".to_owned(), |role| escape_invisible(role.as_str()));
            let mut cells = vec![escape_invisible(member.title()), role(member.role.as_ref())];
            cells.extend(self.projects.iter().map(
                |project| match member.projects.get(&project.project_id) {
                    None if !project.is_readable => "?".to_owned(),
                    found => role(found),
                },
            ));
            rows.push(cells);
        }
        let width_of = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.projects.len() + 2).map(width_of).collect();
        let lines = rows.iter().map(|row| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        });
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))?;
        if self.projects.iter().all(|project| project.is_readable) {
            return Ok(());
        }
        f.write_str("\n? unknown: the caller can't read the project")
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("org_id", &self.org_id)
            .field("organization", &Redacted(&self.organization))
            .field("projects", &self.projects)
            .field("members", &self.members)
            .finish()
    }
}

impl fmt::Debug for ProjectAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectAccess")
            .field("project_id", &self.project_id)
            .field("name", &Redacted(&self.name))
            .field("is_readable", &self.is_readable)
            .finish()
    }
}

impl fmt::Debug for MemberAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberAccess")
            .field("role", &self.role)
            .field("projects", &self.projects)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    fn access(organization: Value, projects: Value) -> Result<Access> {
        let organization = serde_json::from_value(organization).unwrap();
        let projects: Vec<Project> = serde_json::from_value(projects).unwrap();
        let projects: Vec<_> = projects
            .into_iter()
            .map(|project| {
                let members = project.members.clone();
                (project, members)
            })
            .collect();
        Access::new(&"org_abc".into(), organization, &projects)
    }

    #[test]
    fn members_are_joined_and_sorted() {
        let organization = json!({"name": "Acme", "members": [
            {"username": "zed", "role": "READER"},
            {"email": "bob@x.io", "username": "bob", "role": "READER"},
            {"user_id": 7, "role": "AUDITOR"},
            {"email": "Ann@x.io", "username": "ann", "role": "OWNER"},
            {"email": "another@x.io", "username": "ann", "role": "READER"},
        ]});
        let projects = json!([
            {"project_id": "p1", "name": "Twin", "members": [
                {"email": "ann@X.io", "role": "OWNER"}, {"username": "bob", "role": "OWNER"},
            ]},
            {"project_id": "p2", "name": "Twin", "members": [{"username": "zed", "role": "READER"}]},
            {"project_id": "p3", "members": null},
            {"project_id": "p4", "name": "a\n\u{202e}b", "members": [{"email": "cid@x.io", "role": "R\n"}]},
        ]);
        let access = access(organization, projects).unwrap();
        let table = "\
MEMBER        ORGANIZATION  Twin (p1)  Twin (p2)  p3  a\\n\\u{202e}b
Ann@x.io      OWNER         OWNER      –          ?   –
another@x.io  READER        –          –          ?   –
bob@x.io      READER        OWNER      –          ?   –
cid@x.io      –             –          –          ?   R\\n
7             AUDITOR       –          –          ?   –
zed           READER        –          READER     ?   –
? unknown: the caller can't read the project";
        assert_eq!(access.to_string(), table);
        assert_eq!(access.member("ANN@X.IO").unwrap().projects.len(), 1);
        assert!(access.member("zed").is_none());
        let debug = format!("{access:?} {access:#?}");
        for hidden in ["x.io", "ann", "zed"] {
            assert!(!debug.contains(hidden), "{debug}");
        }
        let written = serde_json::to_string(&access).unwrap();
        assert_eq!(serde_json::from_str::<Access>(&written).unwrap(), access);
    }

    #[test]
    fn an_incomplete_table_is_an_error() {
        let members = json!({"members": [{"email": "ann@x.io", "role": "OWNER"}]});
        for (organization, projects, field) in [
            (json!({}), json!([]), "members"),
            (json!({"members": [{"email": "ann@x.io"}]}), json!([]), "role"),
            (members.clone(), json!([{"name": "Bot", "members": []}]), "project_id"),
            (members, json!([{"project_id": "p", "members": [{"email": "ann@x.io"}]}]), "role"),
        ] {
            let error = access(organization, projects).unwrap_err();
            let shown = error.to_string();
            assert!(shown.contains(&format!("at `{field}`")) && !shown.contains("x.io"), "{shown}");
        }
        assert_eq!(Access::default().to_string(), "MEMBER  ORGANIZATION");
    }
}
