//! Table of the operations: one row per operation.

use std::fmt;

use http::Method;

use crate::handlers::{
    Handler, entities, events, exports, feedback, memories, organization_members, organizations, ping,
    profiles, project_members, projects, statistics, webhooks,
};
use crate::http::access::Scope::{Organization, OwnProject, Project, ProjectAlone, Webhook};
use crate::http::access::{Access, anyone, owner, reader};
use crate::protocol::error_shape::ErrorShape;

macro_rules! operations {
    ($($(#[$attribute:meta])* $name:ident => $row:expr;)*) => {
        /// An operation of the platform.
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
            /// All operations.
            pub const ALL: &'static [Operation] = &[$(Operation::$name,)*];

            /// Row of the operation in the table.
            pub(crate) fn row(self) -> Row {
                match self { $(Operation::$name => $row,)* }
            }
        }
    };
}

operations! {
    /// Returns the identity behind the caller's API key.
    Ping => get("/v1/ping/", anyone(), ping::get);
    /// Lists the organizations the caller is a member of.
    ListOrganizations => get("/api/v1/orgs/organizations/", anyone(), organizations::list);
    /// Creates an organization with the caller as its OWNER.
    CreateOrganization => post("/api/v1/orgs/organizations/", anyone(), organizations::create)
        .errors(ErrorShape::Errors);
    /// Reads an organization.
    GetOrganization => get("/api/v1/orgs/organizations/{org_id}/", reader(Organization), organizations::get);
    /// Deletes an organization with all of its projects.
    DeleteOrganization => delete(
        "/api/v1/orgs/organizations/{org_id}/", owner(Organization, "Unauthorized"), organizations::delete,
    );
    /// Lists the members of an organization.
    ListOrganizationMembers => get(
        "/api/v1/orgs/organizations/{org_id}/members/", reader(Organization), organization_members::list,
    );
    /// Adds a user to an organization.
    AddOrganizationMember => post(
        "/api/v1/orgs/organizations/{org_id}/members/",
        owner(Organization, ORGANIZATION_MEMBERS),
        organization_members::add,
    ).errors(ErrorShape::Errors);
    /// Changes the role of a member of an organization.
    UpdateOrganizationMember => put(
        "/api/v1/orgs/organizations/{org_id}/members/",
        owner(Organization, ORGANIZATION_MEMBERS),
        organization_members::update,
    ).errors(ErrorShape::Errors);
    /// Removes a member from an organization and its projects.
    RemoveOrganizationMember => delete(
        "/api/v1/orgs/organizations/{org_id}/members/",
        owner(Organization, ORGANIZATION_MEMBERS),
        organization_members::remove,
    ).errors(ErrorShape::Errors);
    /// Lists the projects of an organization that the caller may see.
    ListProjects => get(
        "/api/v1/orgs/organizations/{org_id}/projects/", reader(Organization), projects::list,
    );
    /// Creates a project with the caller as its OWNER.
    CreateProject => post(
        "/api/v1/orgs/organizations/{org_id}/projects/", owner(Organization, PROJECTS), projects::create,
    );
    /// Reads a project, or chosen fields of it.
    GetProject => get(
        "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/", reader(Project), projects::get,
    ).query(&["fields"]);
    /// Changes settings of a project.
    UpdateProject => patch(
        "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/",
        owner(Project, PROJECT),
        projects::update,
    );
    /// Deletes a project with all of its memories.
    DeleteProject => delete(
        "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/",
        owner(Project, PROJECT),
        projects::delete,
    );
    /// Lists the members of a project.
    ListProjectMembers => get(
        "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
        reader(Project),
        project_members::list,
    );
    /// Adds a user to a project.
    AddProjectMember => post(
        "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
        owner(Project, PROJECT_MEMBERS),
        project_members::add,
    );
    /// Changes the role of a member of a project.
    UpdateProjectMember => put(
        "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
        owner(Project, PROJECT_MEMBERS),
        project_members::update,
    );
    /// Removes a member from a project.
    RemoveProjectMember => delete(
        "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
        owner(Project, PROJECT_MEMBERS),
        project_members::remove,
    ).query(&["email"]);
    /// Adds memories from messages.
    AddMemories => post("/v3/memories/add/", owner(OwnProject, READ_ONLY), memories::add)
        .errors(ErrorShape::InvalidInput);
    /// Lists the memories that match a filter, in pages.
    ListMemories => post("/v3/memories/", reader(OwnProject), memories::list).query(PAGES).read_only();
    /// Searches memories, best match first.
    SearchMemories => post("/v3/memories/search/", reader(OwnProject), memories::search).read_only();
    /// Lists the changes of the project's memories, newest first.
    ListMemoryEvents => get("/v1/memories/events/", reader(OwnProject), memories::feed)
        .query(&["page", "limit"]);
    /// Reads a memory.
    GetMemory => get("/v1/memories/{memory_id}/", reader(OwnProject), memories::get);
    /// Changes the text, metadata or expiration date of a memory.
    UpdateMemory => put("/v1/memories/{memory_id}/", owner(OwnProject, READ_ONLY), memories::update)
        .errors(ErrorShape::Error);
    /// Deletes a memory.
    DeleteMemory => delete("/v1/memories/{memory_id}/", owner(OwnProject, READ_ONLY), memories::delete)
        .query(&["delete_linked"]).errors(ErrorShape::Error);
    /// Lists the changes of a memory.
    GetMemoryHistory => get("/v1/memories/{memory_id}/history/", reader(OwnProject), memories::history);
    /// Lists the memories of a user, agent, app or run.
    ListEntityMemories => get(
        "/v1/memories/{entity_type}/{entity_id}/", reader(OwnProject), memories::of_entity,
    ).query(&["page"]);
    /// Deletes all memories of a user, agent, app or run.
    DeleteMemories => delete("/v1/memories/", owner(OwnProject, READ_ONLY), memories::delete_all)
        .query(&["user_id", "agent_id", "app_id", "run_id", "metadata"]).errors(ErrorShape::Error);
    /// Changes several memories.
    BatchUpdateMemories => put("/v1/batch/", owner(OwnProject, READ_ONLY), memories::update_batch)
        .errors(ErrorShape::Error);
    /// Deletes several memories.
    BatchDeleteMemories => delete("/v1/batch/", owner(OwnProject, READ_ONLY), memories::delete_batch)
        .errors(ErrorShape::Error);
    /// Lists memories by version 1 of the API (deprecated).
    ListMemoriesV1 => get("/v1/memories/", reader(OwnProject), memories::list_v1).query(LIST_V1);
    /// Adds memories by version 1 of the API (deprecated).
    AddMemoriesV1 => post("/v1/memories/", owner(OwnProject, READ_ONLY), memories::add_v1)
        .errors(ErrorShape::InvalidInput);
    /// Searches memories by version 1 of the API (deprecated).
    SearchMemoriesV1 => post("/v1/memories/search/", reader(OwnProject), memories::search_v1).read_only();
    /// Lists memories by version 2 of the API (deprecated).
    ListMemoriesV2 => post("/v2/memories/", reader(OwnProject), memories::list_v2).query(PAGES).read_only();
    /// Searches memories by version 2 of the API (deprecated).
    SearchMemoriesV2 => post("/v2/memories/search/", reader(OwnProject), memories::search_v2).read_only();
    /// Lists the users, agents, apps and runs that have memories.
    ListEntities => get("/v1/entities/", reader(OwnProject), entities::list).query(PAGES);
    /// Lists the filters for entities and events.
    GetEntityFilters => get("/v1/entities/filters/", reader(OwnProject), entities::filters);
    /// Reads a user, agent, app or run.
    GetEntity => get("/v2/entities/{entity_type}/{entity_id}/", reader(OwnProject), entities::get);
    /// Deletes a user, agent, app or run with all of its memories.
    DeleteEntity => delete(
        "/v2/entities/{entity_type}/{entity_id}/", owner(OwnProject, READ_ONLY), entities::delete,
    );
    /// Deletes an entity by its number (deprecated).
    DeleteEntityV1 => delete(
        "/v1/entities/{entity_type}/{entity_id}/", owner(OwnProject, READ_ONLY), entities::delete_by_number,
    );
    /// Creates a user without memories.
    CreateUser => post("/v1/users/", owner(OwnProject, READ_ONLY), entities::create_user);
    /// Creates an agent without memories.
    CreateAgent => post("/v1/agents/", owner(OwnProject, READ_ONLY), entities::create_agent);
    /// Creates an app without memories.
    CreateApp => post("/v1/apps/", owner(OwnProject, READ_ONLY), entities::create_app);
    /// Creates a run without memories.
    CreateRun => post("/v1/runs/", owner(OwnProject, READ_ONLY), entities::create_run);
    /// Lists the events of the project: requests and their outcome.
    ListEvents => get("/v1/events/", reader(OwnProject), events::list).query(PAGES);
    /// Reads an event.
    GetEvent => get("/v1/event/{event_id}/", reader(OwnProject), events::get);
    /// Starts an export of memories by a schema of the caller.
    CreateExport => post("/v1/exports/", owner(OwnProject, READ_ONLY), exports::create)
        .errors(ErrorShape::Error);
    /// Reads the result of an export.
    GetExport => post("/v1/exports/get/", owner(OwnProject, READ_ONLY), exports::get).read_only();
    /// Rates a memory.
    SendFeedback => post("/v1/feedback/", owner(OwnProject, READ_ONLY), feedback::send)
        .errors(ErrorShape::Error);
    /// Counts memories, entities and requests.
    GetStats => get("/v1/stats/", reader(OwnProject), statistics::get);
    /// Summarizes memories.
    Summarize => post("/v1/summary/", reader(OwnProject), statistics::summarize).read_only();
    /// Lists the webhooks of a project.
    ListWebhooks => get(
        "/api/v1/webhooks/projects/{project_id}/", owner(ProjectAlone, WEBHOOKS), webhooks::list,
    );
    /// Creates a webhook.
    CreateWebhook => post(
        "/api/v1/webhooks/projects/{project_id}/", owner(ProjectAlone, WEBHOOKS), webhooks::create,
    ).errors(ErrorShape::Fields);
    /// Changes a webhook.
    UpdateWebhook => put("/api/v1/webhooks/{webhook_id}/", owner(Webhook, WEBHOOK), webhooks::update)
        .errors(ErrorShape::Fields);
    /// Deletes a webhook.
    DeleteWebhook => delete("/api/v1/webhooks/{webhook_id}/", owner(Webhook, WEBHOOK), webhooks::delete);
    /// Reads the profile of a user.
    GetProfile => get("/v2/entities/user/{entity_id}/profile/", reader(OwnProject), profiles::get);
    /// Starts a job that creates profiles.
    CreateProfileJob => post("/v2/profiles/jobs/", owner(OwnProject, READ_ONLY), profiles::create_job)
        .errors(ErrorShape::Error);
    /// Reads the status of a profile job.
    GetProfileJob => get("/v2/profiles/jobs/{job_id}/", reader(OwnProject), profiles::get_job);
    /// Reads the profile settings of the project.
    GetProfileSettings => get("/v2/profiles/settings/", reader(OwnProject), profiles::settings);
    /// Changes the profile settings of the project.
    UpdateProfileSettings => post(
        "/v2/profiles/settings/", owner(OwnProject, READ_ONLY), profiles::update_settings,
    ).errors(ErrorShape::Error);
}

// Texts of the 403 for a READER.
const ORGANIZATION_MEMBERS: &str = "Unauthorized to modify organization members.";
const PROJECT: &str = "Unauthorized to modify this project.";
const PROJECT_MEMBERS: &str = "Unauthorized to modify project members.";
const PROJECTS: &str = "Unauthorized to create projects in this organization.";
const READ_ONLY: &str = "You do not have permission to perform this action.";
const WEBHOOKS: &str = "You don't have access to this project";
const WEBHOOK: &str = "You don't have access to this webhook";

/// Query parameters of paginated lists.
const PAGES: &[&str] = &["page", "page_size"];

const LIST_V1: &[&str] = &[
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
];

/// Row of the table.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Scope of the operation and the role it requires.
    pub(crate) access: Access,
    pub(crate) handler: Handler,
    /// Names of query parameters. The official clients also add `org_id` and `project_id` to every request.
    pub(crate) query: &'static [&'static str],
    /// Whether its transaction only reads. A search writes its last-access times after the response.
    pub(crate) is_read_only: bool,
    /// JSON of a 400 for invalid values.
    pub(crate) errors: ErrorShape,
}

impl Row {
    fn new(method: Method, path: &'static str, access: Access, handler: Handler) -> Self {
        let is_read_only = method == Method::GET;
        Self { method, path, access, handler, query: &[], is_read_only, errors: ErrorShape::Message }
    }

    fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    fn read_only(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    fn errors(self, errors: ErrorShape) -> Self {
        Self { errors, ..self }
    }
}

fn get(path: &'static str, access: Access, handler: Handler) -> Row {
    Row::new(Method::GET, path, access, handler)
}

fn post(path: &'static str, access: Access, handler: Handler) -> Row {
    Row::new(Method::POST, path, access, handler)
}

fn put(path: &'static str, access: Access, handler: Handler) -> Row {
    Row::new(Method::PUT, path, access, handler)
}

fn patch(path: &'static str, access: Access, handler: Handler) -> Row {
    Row::new(Method::PATCH, path, access, handler)
}

fn delete(path: &'static str, access: Access, handler: Handler) -> Row {
    Row::new(Method::DELETE, path, access, handler)
}

impl Operation {
    /// HTTP method.
    pub fn method(self) -> Method {
        self.row().method
    }

    /// Path, with placeholders such as `{org_id}` and `{project_id}` for identifiers.
    pub fn path(self) -> &'static str {
        self.row().path
    }

    /// Whether the operation only reads: a GET, or a POST whose body selects what to read.
    pub fn is_read_only(self) -> bool {
        self.row().is_read_only
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
