//! What can be asked of the platform: every operation, with its method and path.

use std::fmt;

use http::Method;

use crate::local::request::decode;

macro_rules! operations {
    ($($(#[$attribute:meta])* $name:ident: $method:ident $path:literal,)*) => {
        /// An operation of the platform that the local one serves.
        ///
        /// ```
        /// use mem0::local::Operation;
        ///
        /// assert_eq!(Operation::Ping.path(), "/v1/ping/");
        /// assert_eq!(Operation::UpdateProject.method(), "PATCH");
        /// assert!(Operation::ALL.contains(&Operation::GetProject));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $($(#[$attribute])* $name,)*
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Operation] = &[$(Operation::$name,)*];

            /// Its HTTP method.
            pub fn method(self) -> Method {
                match self { $(Operation::$name => Method::$method,)* }
            }

            /// Its path, with `{org_id}` and `{project_id}` where the identifiers stand.
            pub fn path(self) -> &'static str {
                match self { $(Operation::$name => $path,)* }
            }
        }
    };
}

operations! {
    /// Whose key is it?
    Ping: GET "/v1/ping/",
    /// The organizations the caller is a member of.
    ListOrganizations: GET "/api/v1/orgs/organizations/",
    /// A new organization, whose OWNER the caller becomes.
    CreateOrganization: POST "/api/v1/orgs/organizations/",
    /// One organization.
    GetOrganization: GET "/api/v1/orgs/organizations/{org_id}/",
    /// An organization goes, and everything in it.
    DeleteOrganization: DELETE "/api/v1/orgs/organizations/{org_id}/",
    /// The members of an organization.
    ListOrganizationMembers: GET "/api/v1/orgs/organizations/{org_id}/members/",
    /// A user joins an organization.
    AddOrganizationMember: POST "/api/v1/orgs/organizations/{org_id}/members/",
    /// A member of an organization takes another role.
    UpdateOrganizationMember: PUT "/api/v1/orgs/organizations/{org_id}/members/",
    /// A member leaves an organization and its projects.
    RemoveOrganizationMember: DELETE "/api/v1/orgs/organizations/{org_id}/members/",
    /// The projects of an organization that the caller may see.
    ListProjects: GET "/api/v1/orgs/organizations/{org_id}/projects/",
    /// A new project, whose OWNER the caller becomes.
    CreateProject: POST "/api/v1/orgs/organizations/{org_id}/projects/",
    /// One project, or chosen fields of it.
    GetProject: GET "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/",
    /// Settings of a project change.
    UpdateProject: PATCH "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/",
    /// A project goes, and everything in it.
    DeleteProject: DELETE "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/",
    /// The members of a project.
    ListProjectMembers: GET "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
    /// A user joins a project.
    AddProjectMember: POST "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
    /// A member of a project takes another role.
    UpdateProjectMember: PUT "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
    /// A member leaves a project.
    RemoveProjectMember: DELETE "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
}

impl Operation {
    /// The names a query of this operation may hold. `org_id` and `project_id` are what the official
    /// clients add on their own (contract D9).
    pub(crate) fn query_names(self) -> &'static [&'static str] {
        match self {
            Operation::GetProject => &["fields", "org_id", "project_id"],
            Operation::RemoveProjectMember => &["email", "org_id", "project_id"],
            _ => &["org_id", "project_id"],
        }
    }

    pub(crate) fn is_read(self) -> bool {
        self.method() == Method::GET
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The identifiers a path holds, by the names of its pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathIds(Vec<(&'static str, String)>);

impl PathIds {
    /// The identifier of that name; empty where the path has none, which no row has as its own.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

/// What a path leads to: one operation a method, and the identifiers in it.
#[derive(Debug)]
pub(crate) struct Resource {
    operations: Vec<Operation>,
    pub(crate) ids: PathIds,
}

impl Resource {
    /// The resource of a path as it came over the wire.
    pub(crate) fn find(path: &str) -> Option<Self> {
        let mut ids = None;
        let mut operations = Vec::new();
        for operation in Operation::ALL.iter().copied() {
            if let Some(found) = matching(operation.path(), path) {
                operations.push(operation);
                ids = Some(found);
            }
        }
        ids.map(|ids| Self { operations, ids })
    }

    /// The operation of a method. HEAD is a GET whose body is not sent.
    pub(crate) fn operation(&self, method: &Method) -> Option<Operation> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.operations.iter().copied().find(|operation| operation.method() == method)
    }

    /// The methods of the resource, as an `Allow` header lists them.
    pub(crate) fn allow(&self) -> String {
        let mut methods: Vec<String> = Vec::new();
        for operation in &self.operations {
            methods.push(operation.method().to_string());
            if operation.method() == Method::GET {
                methods.push("HEAD".to_owned());
            }
        }
        methods.push("OPTIONS".to_owned());
        methods.join(", ")
    }
}

/// Splits before decoding, so that an encoded slash stays in its segment.
fn matching(pattern: &'static str, path: &str) -> Option<PathIds> {
    let mut ids = PathIds::default();
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let segment = decode(segments.next()?)?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => ids.0.push((name, segment)),
            None if segment == expected => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(ids)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_is_split_before_it_is_decoded() {
        let found = Resource::find("/api/v1/orgs/organizations/a%2Fb%20c/projects/%2e%2e/").unwrap();
        assert_eq!((found.ids.get("org_id"), found.ids.get("project_id")), ("a/b c", ".."));
        assert_eq!(found.operation(&Method::PATCH), Some(Operation::UpdateProject));
        assert_eq!(found.allow(), "GET, HEAD, PATCH, DELETE, OPTIONS");
        assert_eq!(found.operation(&Method::POST), None);
        for nowhere in
            ["", "/", "/v1/ping", "//v1/ping/", "/v1/ping//", "/api/v1/orgs/organizations//members/"]
        {
            assert!(Resource::find(nowhere).is_none(), "{nowhere}");
        }
        assert!(Resource::find("/api/v1/orgs/organizations/%ff/").is_none(), "no UTF-8");
    }

    #[test]
    fn every_operation_is_found_by_its_method_and_path() {
        for operation in Operation::ALL.iter().copied() {
            let path = operation.path().replace("{org_id}", "o").replace("{project_id}", "p");
            assert_eq!(Resource::find(&path).unwrap().operation(&operation.method()), Some(operation));
        }
    }
}
