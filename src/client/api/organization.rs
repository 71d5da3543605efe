//! Calls for one organization.

use std::fmt;

use http::{Method, StatusCode};

use super::project::organization_path;
use super::{DefaultTransport, MemoryClient, ProjectApi, Transport, maybe_async};
use crate::client::options::RequestOptions;
use crate::client::request::{EmptyBody, Request, Segment};
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::error::{DecodeError, Result};
use crate::ids::{OrgId, ProjectId};
use crate::types::{Confirmation, NewProject, Organization, Project, ProjectCreated};

/// Handle for an organization, its members and its projects.
///
/// Created by [`MemoryClient::organization`] and
/// [`OrganizationCreated::open`](crate::organizations::OrganizationCreated::open), which send nothing.
///
/// Every call may return [`Error::Transport`](crate::Error::Transport), [`Error::Timeout`](crate::Error::Timeout),
/// [`Error::Api`](crate::Error::Api), and [`Error::Invalid`](crate::Error::Invalid) for an id that is empty, `.` or
/// `..`; nothing is sent then.
pub struct OrganizationApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
    org_id: OrgId,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a handle for an organization.
    pub fn organization(&self, org_id: impl Into<OrgId>) -> OrganizationApi<T, S> {
        OrganizationApi { client: self.clone(), org_id: org_id.into() }
    }
}

impl<T: Transport, S: ResponseMode> OrganizationApi<T, S> {
    /// Returns a handle for a project of the organization.
    pub fn project(&self, project_id: impl Into<ProjectId>) -> ProjectApi<T, S> {
        ProjectApi::at(self.client.clone(), self.org_id.clone(), project_id.into())
    }

    /// Returns a copy of the handle with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options), org_id: self.org_id.clone() }
    }

    /// Returns a copy of the handle whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with the
    /// status, headers and request id.
    pub fn with_response(&self) -> OrganizationApi<T, FullResponse> {
        OrganizationApi { client: self.client.with_response(), org_id: self.org_id.clone() }
    }

    /// Returns the id of the organization.
    pub fn org_id(&self) -> &OrgId {
        &self.org_id
    }

    pub(super) fn client(&self) -> &MemoryClient<T, S> {
        &self.client
    }

    /// Request to the path of the organization, or to a path below it.
    pub(super) fn request(&self, method: Method, below: &[Segment<'_>]) -> Result<Request> {
        let segments = organization_path(&self.org_id).into_iter().chain(below.iter().copied());
        self.client.request_to(method, segments)
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> OrganizationApi<T, S> {
    /// Reads the organization.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if the organization does not exist or the key's user is not a member
    /// of it.
    ///
    #[doc = example!(
    "let identity = client.ping()" await "?;
let organization = client.organization(identity.org_id()?).get()" await "?;
println!(\"{}, your role is {:?}\", organization.name()?, organization.user_role);"
    )]
    pub async fn get(&self) -> Result<S::Of<Organization>> {
        let request = self.request(Method::GET, &[])?;
        self.client.send(request).await
    }

    /// Deletes the organization and everything in it: projects, memories, memberships. This cannot be undone.
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
    "let created = client.organizations().create(\"Short-lived\")" await "?;
client.organization(created.id()?).delete()" await "?;"
    )]
    pub async fn delete(&self) -> Result<S::Of<Confirmation>> {
        let mut request = self.request(Method::DELETE, &[])?;
        request.empty_body = EmptyBody::EmptyObject;
        self.client.send(request).await
    }

    /// Lists the projects of the organization that the key's user may see, without pagination.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "let organization = client.organization(client.ping()" await "?.org_id()?);
for project in organization.projects()" await "? {
    println!(\"{} {}\", project.id()?, project.name()?);
}"
    )]
    pub async fn projects(&self) -> Result<S::Of<Vec<Project>>> {
        let request = self.request(Method::GET, &[Segment::Fixed("projects")])?;
        self.client.send(request).await
    }

    /// Lists the ids of the projects of the organization that the key's user may see, without pagination.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// 404 as [`get`](Self::get). [`Error::Decode`](crate::Error::Decode) if a project has no id.
    ///
    #[doc = example!(
    "let organization = client.organization(client.ping()" await "?.org_id()?);
for project_id in organization.project_ids()" await "? {
    println!(\"{}\", organization.project(project_id).get()" await "?.name()?);
}"
    )]
    pub async fn project_ids(&self) -> Result<S::Of<Vec<ProjectId>>> {
        let call = self.client.begin()?;
        let mut request = self.request(Method::GET, &[Segment::Fixed("projects")])?;
        let (projects, response, attempts) = self.client.receive::<Vec<Project>>(&call, &mut request).await?;
        let ids =
            ids_of(projects, response.status()).map_err(|error| call.failed(error, &request, attempts))?;
        Ok(S::convert(ids, |ids| response.into_api_response(ids, &self.client.inner.config.key)))
    }

    /// Creates a project in the organization. The argument can be a name alone; see [`ProjectApi::create`].
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`ProjectApi::create`].
    ///
    #[doc = example!(
    "let acme = client.organization(client.ping()" await "?.org_id()?);
let created = acme.create_project(\"Support bot\")" await "?;
let project = created.open(&client)?.get()" await "?;
# assert_eq!(project.name()?, \"Support bot\");"
    )]
    pub async fn create_project(
        &self,
        project: impl Into<NewProject> + Send,
    ) -> Result<S::Of<ProjectCreated>> {
        let project = project.into();
        project.check()?;
        let call = self.client.begin()?;
        self.client.create_project(&call, &self.org_id, &project).await
    }
}

/// Ids of listed projects.
fn ids_of(projects: Vec<Project>, status: StatusCode) -> Result<Vec<ProjectId>> {
    let id_of = |(index, project): (usize, Project)| {
        let missing = || {
            let field = format!("[{index}].project_id");
            DecodeError::missing(Method::GET, "", status, &field, "missing from a project", &())
        };
        project.project_id.ok_or_else(missing)
    };
    projects.into_iter().enumerate().map(id_of).collect()
}

impl<T, S> Clone for OrganizationApi<T, S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), org_id: self.org_id.clone() }
    }
}

impl<T, S> fmt::Debug for OrganizationApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrganizationApi").field("client", &self.client).field("org_id", &self.org_id).finish()
    }
}
