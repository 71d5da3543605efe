//! Calls for one project.

use std::fmt;

use http::Method;

use super::{DefaultTransport, MemoryClient, Transport, maybe_async};
use crate::client::call::Call;
use crate::client::options::RequestOptions;
use crate::client::project_scope::ProjectScope;
use crate::client::request::{EmptyBody, Request, Segment};
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::error::Result;
use crate::ids::{OrgId, ProjectId, check_path_segment};
use crate::types::ProjectFields;
use crate::types::{Confirmation, NewProject, Project, ProjectCreated, ProjectUpdate};

/// Handle for a project, its settings, members and webhooks.
///
/// Created by [`MemoryClient::project`], [`MemoryClient::project_in`],
/// [`OrganizationApi::project`](super::OrganizationApi::project), [`sibling`](Self::sibling) and
/// [`ProjectCreated::open`], which send nothing.
///
/// Every call may return [`Error::Transport`], [`Error::Timeout`] or [`Error::Api`]. It returns [`Error::Invalid`] for
/// an id that is empty, `.` or `..`, before anything is sent, and [`Error::Config`] if the platform does not report the
/// key's project.
///
/// [`Error::Transport`]: crate::Error::Transport
/// [`Error::Timeout`]: crate::Error::Timeout
/// [`Error::Api`]: crate::Error::Api
/// [`Error::Invalid`]: crate::Error::Invalid
/// [`Error::Config`]: crate::Error::Config
pub struct ProjectApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
    /// The organization of the builder or of the key if it is `None`.
    org_id: Option<OrgId>,
    /// The project of the builder or of the key if it is `None`.
    project_id: Option<ProjectId>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a handle for the project that the builder names, or else for the key's project, whose ids are requested
    /// once, on first use.
    pub fn project(&self) -> ProjectApi<T, S> {
        ProjectApi { client: self.clone(), org_id: None, project_id: None }
    }

    /// Returns a handle for a project by its ids.
    pub fn project_in(&self, org_id: impl Into<OrgId>, project_id: impl Into<ProjectId>) -> ProjectApi<T, S> {
        ProjectApi::at(self.clone(), org_id.into(), project_id.into())
    }
}

impl<T: Transport, S: ResponseMode> ProjectApi<T, S> {
    pub(super) fn at(client: MemoryClient<T, S>, org_id: OrgId, project_id: ProjectId) -> Self {
        Self { client, org_id: Some(org_id), project_id: Some(project_id) }
    }

    /// Returns a handle for another project of the same organization. Sends nothing.
    ///
    /// The organization is that of this handle, of the builder or of the key. That of the key is requested once, on first
    /// use.
    ///
    #[doc = example!(
    "let created = client.project().create(\"Support bot\")" await "?;
let support_bot = client.project().sibling(created.id()?);
# assert_eq!(support_bot.get()" await "?.name()?, \"Support bot\");"
    )]
    pub fn sibling(&self, project_id: impl Into<ProjectId>) -> Self {
        Self { client: self.client.clone(), org_id: self.org_id.clone(), project_id: Some(project_id.into()) }
    }

    /// Returns the id of the project. `None` for the project of the key, whose id is in
    /// [`ping`](MemoryClient::ping).
    pub fn project_id(&self) -> Option<&ProjectId> {
        self.project_id.as_ref().or(self.builder_scope().map(|scope| &scope.project_id))
    }

    /// Returns the id of the organization. `None` for the organization of the key, whose id is in
    /// [`ping`](MemoryClient::ping).
    pub fn org_id(&self) -> Option<&OrgId> {
        self.org_id.as_ref().or(self.builder_scope().map(|scope| &scope.org_id))
    }

    fn builder_scope(&self) -> Option<&ProjectScope> {
        self.client.inner.config.scope.as_ref()
    }

    /// Returns a copy of the handle with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options), ..self.clone() }
    }

    /// Returns a copy of the handle whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with the
    /// status, headers and request id.
    ///
    #[doc = example!(
    "let response = client.project().with_response().get()" await "?;
println!(\"{} {:?}\", response.status, response.rate_limit().remaining);
# assert!(response.value.name.is_some());"
    )]
    pub fn with_response(&self) -> ProjectApi<T, FullResponse> {
        let (org_id, project_id) = (self.org_id.clone(), self.project_id.clone());
        ProjectApi { client: self.client.with_response(), org_id, project_id }
    }

    pub(super) fn client(&self) -> &MemoryClient<T, S> {
        &self.client
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> ProjectApi<T, S> {
    /// Reads the project.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if the project does not exist or the key's user is not a member of
    /// it.
    ///
    #[doc = example!(
    "let project = client.project().get()" await "?;
println!(\"{}, decay {:?}\", project.name()?, project.decay);
# assert_eq!(project.decay, Some(false));"
    )]
    pub async fn get(&self) -> Result<S::Of<Project>> {
        let call = self.client.begin()?;
        let request = self.request(&call, Method::GET, &[]).await?;
        self.client.send_within(&call, request).await
    }

    /// Reads selected fields of the project.
    ///
    /// The platform may return these fields or the whole project.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) if no field is selected; nothing is sent then. 404 as
    /// [`get`](Self::get).
    ///
    #[doc = example!(
    "use mem0::ProjectFields;

let some = client.project().get_fields(ProjectFields::new().name().decay())" await "?;
assert_eq!(some.decay, Some(false));"
    )]
    pub async fn get_fields(&self, fields: ProjectFields) -> Result<S::Of<Project>> {
        fields.check()?;
        let call = self.client.begin()?;
        let mut request = self.request(&call, Method::GET, &[]).await?;
        for name in fields.names() {
            request.push_query("fields", name);
        }
        self.client.send_within(&call, request).await
    }

    /// Creates a project in the same organization.
    ///
    /// The response has the id of the project, not the project. [`ProjectCreated::open`] returns a handle for it.
    ///
    /// The argument can be a name alone: `create("Support bot")`. The call is not retried if it may have been carried
    /// out, unless [`RetryPolicy::retry_writes`](crate::client::RetryPolicy::retry_writes) is set.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty name; nothing is sent then.
    /// [`Error::Api`](crate::Error::Api) with 403 if the key's user may not create projects, 400 if the platform
    /// rejects the settings.
    ///
    #[doc = example!(
    "use mem0::projects::NewProject;

let created = client.project().create(NewProject::new(\"Support bot\").description(\"Answers customers\"))" await "?;
let support_bot = created.open(&client)?;
# assert_eq!(support_bot.get()" await "?.name()?, \"Support bot\");"
    )]
    pub async fn create(&self, project: impl Into<NewProject> + Send) -> Result<S::Of<ProjectCreated>> {
        let project = project.into();
        project.check()?;
        let call = self.client.begin()?;
        let (org_id, _) = self.ids(&call).await?;
        self.client.create_project(&call, org_id, &project).await
    }

    /// Updates settings of the project.
    ///
    /// Settings that are not set stay unchanged. The response is a message; read the project to see its settings.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an update without fields, or an empty name of the project or of a
    /// category; nothing is sent then. [`Error::Api`](crate::Error::Api) with 403 for a READER, 404 as
    /// [`get`](Self::get), 400 if the platform rejects a value.
    ///
    #[doc = example!(
    "use mem0::{CustomCategory, ProjectUpdate};

let update = ProjectUpdate::new()
    .custom_categories([CustomCategory::new(\"billing\", \"Invoices and refunds\")])
    .custom_instructions(\"Keep what helps to answer the next question.\")
    .multilingual(true)
    .decay(true);
client.project().update(update)" await "?;
# assert_eq!(client.project().get()" await "?.decay, Some(true));"
    )]
    pub async fn update(&self, update: ProjectUpdate) -> Result<S::Of<Confirmation>> {
        update.check()?;
        let call = self.client.begin()?;
        let mut request = self.request(&call, Method::PATCH, &[]).await?;
        request.set_json(&update)?;
        request.empty_body = EmptyBody::EmptyObject;
        self.client.send_within(&call, request).await
    }

    /// Deletes the project and everything in it, including its memories. This cannot be undone.
    ///
    /// If the response is lost, a retry may fail with 404 although the deletion succeeded.
    /// [`attempts`](crate::Error::attempts) is above 1 then.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 403 for a READER, 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "let created = client.project().create(\"Short-lived\")" await "?;
created.open(&client)?.delete()" await "?;"
    )]
    pub async fn delete(&self) -> Result<S::Of<Confirmation>> {
        let call = self.client.begin()?;
        let mut request = self.request(&call, Method::DELETE, &[]).await?;
        request.empty_body = EmptyBody::EmptyObject;
        self.client.send_within(&call, request).await
    }

    /// Request to the path of the project, or to a path below it.
    pub(super) async fn request(
        &self,
        call: &Call,
        method: Method,
        below: &[Segment<'_>],
    ) -> Result<Request> {
        let (org_id, project_id) = self.ids(call).await?;
        let project = [Segment::Fixed("projects"), Segment::Checked(ProjectId::FIELD, project_id.as_str())];
        let segments = organization_path(org_id).into_iter().chain(project);
        self.client.request_to(method, segments.chain(below.iter().copied()))
    }

    async fn ids(&self, call: &Call) -> Result<(&OrgId, &ProjectId)> {
        let Some(project_id) = &self.project_id else { return self.client.resolve_scope(call).await };
        // Before a lookup of the organization.
        check_path_segment(ProjectId::FIELD, project_id.as_str())?;
        match &self.org_id {
            Some(org_id) => Ok((org_id, project_id)),
            None => Ok((self.client.resolve_scope(call).await?.0, project_id)),
        }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    pub(super) async fn create_project(
        &self,
        call: &Call,
        org_id: &OrgId,
        project: &NewProject,
    ) -> Result<S::Of<ProjectCreated>> {
        let segments = organization_path(org_id).into_iter().chain([Segment::Fixed("projects")]);
        let mut request = self.request_to(Method::POST, segments)?;
        request.set_json(project)?;
        let (mut created, response, _) = self.receive::<ProjectCreated>(call, &mut request).await?;
        if created.org_id.as_ref().is_none_or(|id| id.as_str().is_empty()) {
            created.org_id = Some(org_id.clone());
        }
        Ok(S::convert(created, |created| response.into_api_response(created, &self.inner.config.key)))
    }
}

/// Path of an organization.
pub(super) fn organization_path(org_id: &OrgId) -> [Segment<'_>; 5] {
    [
        Segment::Fixed("api"),
        Segment::Fixed("v1"),
        Segment::Fixed("orgs"),
        Segment::Fixed("organizations"),
        Segment::Checked(OrgId::FIELD, org_id.as_str()),
    ]
}

impl<T, S> Clone for ProjectApi<T, S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), org_id: self.org_id.clone(), project_id: self.project_id.clone() }
    }
}

impl<T, S> fmt::Debug for ProjectApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectApi")
            .field("client", &self.client)
            .field("org_id", &self.org_id)
            .field("project_id", &self.project_id)
            .finish()
    }
}
