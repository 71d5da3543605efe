//! Projects.

use std::fmt;

use http::Method;

use super::{DefaultTransport, MemoryClient, Transport, maybe_async};
use crate::client::api_response::{FullResponse, ResponseMode, ValueOnly};
use crate::client::call::Call;
use crate::client::options::RequestOptions;
use crate::client::request::{Request, Segment, WithoutBody};
use crate::error::Result;
use crate::ids::{OrgId, ProjectId};
use crate::types::ProjectFields;
use crate::types::{Confirmation, NewProject, Project, ProjectCreated, ProjectUpdate};

/// A project: its settings and its members. Made by [`MemoryClient::project`], by [`MemoryClient::project_in`] or
/// by [`OrganizationApi::project`](super::OrganizationApi::project); sends nothing by itself.
///
/// Every call may end with [`Error::Transport`], [`Error::Timeout`] or [`Error::Api`]; with [`Error::Invalid`]
/// for an id that is empty or dots, before anything is sent; and with [`Error::Config`] if the platform does
/// not say which project the key belongs to.
///
/// [`Error::Transport`]: crate::Error::Transport
/// [`Error::Timeout`]: crate::Error::Timeout
/// [`Error::Api`]: crate::Error::Api
/// [`Error::Invalid`]: crate::Error::Invalid
/// [`Error::Config`]: crate::Error::Config
pub struct ProjectApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
    place: Option<(OrgId, ProjectId)>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// The project of the builder's ids, or the key's own: its ids are asked for once, on first need.
    pub fn project(&self) -> ProjectApi<T, S> {
        ProjectApi { client: self.clone(), place: None }
    }

    /// A project by its ids.
    pub fn project_in(&self, org_id: impl Into<OrgId>, project_id: impl Into<ProjectId>) -> ProjectApi<T, S> {
        ProjectApi::at(self.clone(), org_id.into(), project_id.into())
    }
}

impl<T: Transport, S: ResponseMode> ProjectApi<T, S> {
    pub(super) fn at(client: MemoryClient<T, S>, org_id: OrgId, project_id: ProjectId) -> Self {
        Self { client, place: Some((org_id, project_id)) }
    }

    /// The same project with other options for its calls, in place of those it had.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options), place: self.place.clone() }
    }

    /// The same project, whose calls return status, headers and request id along with the value.
    ///
    #[doc = example!(
    "let answer = client.project().with_response().get()" await "?;
println!(\"{} {:?}\", answer.status, answer.rate_limit().remaining);
# assert!(answer.value.name.is_some());"
    )]
    pub fn with_response(&self) -> ProjectApi<T, FullResponse> {
        ProjectApi { client: self.client.with_response(), place: self.place.clone() }
    }

    pub(super) fn client(&self) -> &MemoryClient<T, S> {
        &self.client
    }

    /// Its identifier, unless that is for the key to say.
    pub(super) fn known_id(&self) -> Option<&ProjectId> {
        self.place.as_ref().map(|(_, project_id)| project_id)
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> ProjectApi<T, S> {
    /// Reads the project, all of it (contract 1.3, "Get project").
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if there is no such project, or the key's user is no member
    /// of it.
    ///
    #[doc = example!(
    "let project = client.project().get()" await "?;
println!(\"{:?}, decay {:?}\", project.name, project.decay);
# assert_eq!(project.decay, Some(false));"
    )]
    pub async fn get(&self) -> Result<S::Of<Project>> {
        let call = self.client.begin()?;
        let request = self.request(&call, Method::GET, &[]).await?;
        self.client.send_within(&call, request).await
    }

    /// Reads chosen fields of the project. The platform may answer with those or with the whole project
    /// (contract D1): the fields that were asked for are there in both cases.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) if no field is named, before anything is sent; 404 as
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

    /// Creates a project in the same organization (contract 1.3, "Create project"). The answer is its id, not
    /// the project: [`MemoryClient::project_in`] leads to it.
    ///
    /// A name alone will do: `create("Support bot")`. Sent once; what may have been carried out is not repeated
    /// unless [`RetryPolicy::retry_writes`](crate::client::RetryPolicy::retry_writes) says so.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty name, before anything is sent;
    /// [`Error::Api`](crate::Error::Api) with 403 if the key's user may not, 400 if the platform does not
    /// like the settings.
    ///
    #[doc = example!(
    "use mem0::projects::NewProject;

let made = client.project().create(NewProject::new(\"Support bot\").description(\"Answers customers\"))" await "?;
println!(\"{}\", made.id()?);"
    )]
    pub async fn create(&self, project: impl Into<NewProject> + Send) -> Result<S::Of<ProjectCreated>> {
        let project = project.into();
        project.check()?;
        let call = self.client.begin()?;
        let (org_id, _) = self.ids(&call).await?;
        self.client.create_project(&call, org_id, &project).await
    }

    /// Changes settings of the project; those that are not named stay (contract 1.3, "Update project"). The
    /// answer is a message: read the project to see the settings.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) if the update names nothing, or gives an empty name to the
    /// project or to a category, before anything is sent; [`Error::Api`](crate::Error::Api) with 403 for a
    /// READER, 404 as [`get`](Self::get), 400 if the platform does not like a value.
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
        request.without_body = WithoutBody::EmptyObject;
        self.client.send_within(&call, request).await
    }

    /// Deletes the project with everything in it, its memories included. There is no way back.
    ///
    /// A call that had to be repeated may meet its own success: 404 with
    /// [`attempts`](crate::Error::attempts) over 1 most likely means that the first attempt deleted it.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 403 for a READER, 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "let made = client.project().create(\"Short-lived\")" await "?;
let identity = client.ping()" await "?;
let org_id = identity.org_id.as_ref().ok_or(\"no organization\")?;
client.project_in(org_id, made.id()?).delete()" await "?;"
    )]
    pub async fn delete(&self) -> Result<S::Of<Confirmation>> {
        let call = self.client.begin()?;
        let mut request = self.request(&call, Method::DELETE, &[]).await?;
        request.without_body = WithoutBody::EmptyObject;
        self.client.send_within(&call, request).await
    }

    /// A request to the project's own path, or to one below it.
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
        match &self.place {
            Some((org_id, project_id)) => Ok((org_id, project_id)),
            None => self.client.scope(call).await,
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
        self.send_within(call, request).await
    }
}

/// The path of an organization.
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
        Self { client: self.client.clone(), place: self.place.clone() }
    }
}

impl<T, S> fmt::Debug for ProjectApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectApi").field("client", &self.client).field("place", &self.place).finish()
    }
}
