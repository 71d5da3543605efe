//! What can be asked of the platform: every operation, with its method and path.

use std::fmt;

use http::Method;

use crate::http::request::decode;

macro_rules! operations {
    ($($(#[$attribute:meta])* $name:ident: $method:ident $path:literal,)*) => {
        /// An operation of the platform that the local one serves.
        ///
        /// ```
        /// use mem0_local::Operation;
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
    /// Memories are made of messages.
    AddMemories: POST "/v3/memories/add/",
    /// The memories a filter matches, in pages.
    ListMemories: POST "/v3/memories/",
    /// The memories that answer a question best.
    SearchMemories: POST "/v3/memories/search/",
    /// What happened to the project's memories, newest first.
    ListMemoryEvents: GET "/v1/memories/events/",
    /// One memory.
    GetMemory: GET "/v1/memories/{memory_id}/",
    /// A memory's text, metadata or expiration changes.
    UpdateMemory: PUT "/v1/memories/{memory_id}/",
    /// A memory goes.
    DeleteMemory: DELETE "/v1/memories/{memory_id}/",
    /// What happened to one memory.
    GetMemoryHistory: GET "/v1/memories/{memory_id}/history/",
    /// The memories of one user, agent, app or run.
    ListEntityMemories: GET "/v1/memories/{entity_type}/{entity_id}/",
    /// All memories of a user, agent, app or run go.
    DeleteMemories: DELETE "/v1/memories/",
    /// Several memories change.
    BatchUpdateMemories: PUT "/v1/batch/",
    /// Several memories go.
    BatchDeleteMemories: DELETE "/v1/batch/",
    /// Deprecated: the first version's list.
    ListMemoriesV1: GET "/v1/memories/",
    /// Deprecated: the first version's way to add.
    AddMemoriesV1: POST "/v1/memories/",
    /// Deprecated: the first version's search.
    SearchMemoriesV1: POST "/v1/memories/search/",
    /// Deprecated: the second version's list.
    ListMemoriesV2: POST "/v2/memories/",
    /// Deprecated: the second version's search.
    SearchMemoriesV2: POST "/v2/memories/search/",
    /// The users, agents, apps and runs that have memories.
    ListEntities: GET "/v1/entities/",
    /// What lists of entities and events can be narrowed by.
    GetEntityFilters: GET "/v1/entities/filters/",
    /// One user, agent, app or run.
    GetEntity: GET "/v2/entities/{entity_type}/{entity_id}/",
    /// A user, agent, app or run goes, and all its memories.
    DeleteEntity: DELETE "/v2/entities/{entity_type}/{entity_id}/",
    /// Deprecated: the same by a number.
    DeleteEntityV1: DELETE "/v1/entities/{entity_type}/{entity_id}/",
    /// A user, before any memory of theirs.
    CreateUser: POST "/v1/users/",
    /// An agent, before any memory of its.
    CreateAgent: POST "/v1/agents/",
    /// An app, before any memory of its.
    CreateApp: POST "/v1/apps/",
    /// A run, before any memory of its.
    CreateRun: POST "/v1/runs/",
    /// The project's events: what was asked of it, and what became of it.
    ListEvents: GET "/v1/events/",
    /// One event.
    GetEvent: GET "/v1/event/{event_id}/",
    /// An export of memories into a form of the caller's.
    CreateExport: POST "/v1/exports/",
    /// What an export has made.
    GetExport: POST "/v1/exports/get/",
    /// What somebody thinks of a memory.
    SendFeedback: POST "/v1/feedback/",
    /// How much there is, and how much was asked.
    GetStats: GET "/v1/stats/",
    /// A summary of memories.
    Summarize: POST "/v1/summary/",
    /// The webhooks of a project.
    ListWebhooks: GET "/api/v1/webhooks/projects/{project_id}/",
    /// A new webhook.
    CreateWebhook: POST "/api/v1/webhooks/projects/{project_id}/",
    /// A webhook changes.
    UpdateWebhook: PUT "/api/v1/webhooks/{webhook_id}/",
    /// A webhook goes.
    DeleteWebhook: DELETE "/api/v1/webhooks/{webhook_id}/",
    /// What is known of a user, in a form of the project's.
    GetProfile: GET "/v2/entities/user/{entity_id}/profile/",
    /// Profiles are made anew.
    CreateProfileJob: POST "/v2/profiles/jobs/",
    /// How far such a job is.
    GetProfileJob: GET "/v2/profiles/jobs/{job_id}/",
    /// How the project's profiles are made.
    GetProfileSettings: GET "/v2/profiles/settings/",
    /// The making of profiles changes.
    UpdateProfileSettings: POST "/v2/profiles/settings/",
}

impl Operation {
    /// The names a query of this operation may hold. `org_id` and `project_id` are what the official
    /// clients add on their own (contract D9).
    pub(crate) fn query_names(self) -> &'static [&'static str] {
        match self {
            Operation::GetProject => &["fields", "org_id", "project_id"],
            Operation::RemoveProjectMember => &["email", "org_id", "project_id"],
            Operation::ListMemories
            | Operation::ListMemoriesV2
            | Operation::ListEvents
            | Operation::ListEntities => &["page", "page_size", "org_id", "project_id"],
            Operation::ListMemoriesV1 => &[
                "user_id",
                "agent_id",
                "app_id",
                "run_id",
                "metadata",
                "categories",
                "categories[]",
                "fields",
                "fields[]",
                "keywords",
                "start_date",
                "end_date",
                "page",
                "page_size",
                "limit",
                "org_id",
                "project_id",
            ],
            Operation::ListEntityMemories => &["page", "org_id", "project_id"],
            Operation::ListMemoryEvents => &["page", "limit", "org_id", "project_id"],
            Operation::DeleteMemory => &["delete_linked", "org_id", "project_id"],
            Operation::DeleteMemories => {
                &["user_id", "agent_id", "app_id", "run_id", "metadata", "org_id", "project_id"]
            }
            _ => &["org_id", "project_id"],
        }
    }

    /// Whether its own transaction only reads: a GET, or a POST whose body says what to read. What a search writes
    /// down is done after its answer.
    pub(crate) fn is_read(self) -> bool {
        self.method() == Method::GET
            || matches!(
                self,
                Self::ListMemories
                    | Self::ListMemoriesV2
                    | Self::SearchMemories
                    | Self::SearchMemoriesV1
                    | Self::SearchMemoriesV2
            )
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
        let mut most_fixed = 0;
        for operation in Operation::ALL.iter().copied() {
            let fixed = fixed_segments(operation.path());
            if fixed < most_fixed {
                continue;
            }
            if let Some(found) = matching(operation.path(), path) {
                if fixed > most_fixed {
                    most_fixed = fixed;
                    operations.clear();
                }
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

/// How many segments of a pattern stand for themselves. Where several patterns match a path, the one with the
/// most of them is meant: `/v1/memories/events/` is the feed, not the memory of that name.
fn fixed_segments(pattern: &str) -> usize {
    pattern.split('/').filter(|segment| !segment.starts_with('{')).count()
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
        let feed = Resource::find("/v1/memories/events/").unwrap();
        assert_eq!(feed.operation(&Method::GET), Some(Operation::ListMemoryEvents));
        assert_eq!(feed.allow(), "GET, HEAD, OPTIONS");
        let history = Resource::find("/v1/memories/user/history/").unwrap();
        assert_eq!(history.operation(&Method::GET), Some(Operation::GetMemoryHistory));
    }

    #[test]
    fn every_operation_is_found_by_its_method_and_path() {
        for operation in Operation::ALL.iter().copied() {
            let path = operation.path().replace('{', "a-").replace('}', "");
            assert_eq!(Resource::find(&path).unwrap().operation(&operation.method()), Some(operation));
        }
    }
}
