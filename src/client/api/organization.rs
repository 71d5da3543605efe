//! One organization.

use std::fmt;

use http::Method;

use super::project::organization_path;
use super::{DefaultTransport, MemoryClient, ProjectApi, Transport, maybe_async};
use crate::client::api_response::{FullResponse, ResponseMode, ValueOnly};
use crate::client::options::RequestOptions;
use crate::client::request::{Request, Segment, WithoutBody};
use crate::error::Result;
use crate::ids::{OrgId, ProjectId};
use crate::types::{Confirmation, NewProject, Organization, Project, ProjectCreated};

/// An organization: its members and its projects. Made by [`MemoryClient::organization`]; sends nothing by
/// itself.
///
/// Every call may end with [`Error::Transport`](crate::Error::Transport),
/// [`Error::Timeout`](crate::Error::Timeout) or [`Error::Api`](crate::Error::Api), and with
/// [`Error::Invalid`](crate::Error::Invalid) for an id that is empty or dots, before anything is sent.
pub struct OrganizationApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
    org_id: OrgId,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// An organization by its id.
    pub fn organization(&self, org_id: impl Into<OrgId>) -> OrganizationApi<T, S> {
        OrganizationApi { client: self.clone(), org_id: org_id.into() }
    }
}

impl<T: Transport, S: ResponseMode> OrganizationApi<T, S> {
    /// A project of this organization.
    pub fn project(&self, project_id: impl Into<ProjectId>) -> ProjectApi<T, S> {
        ProjectApi::at(self.client.clone(), self.org_id.clone(), project_id.into())
    }

    /// The same organization with other options for its calls, in place of those it had.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options), org_id: self.org_id.clone() }
    }

    /// The same organization, whose calls return status, headers and request id along with the value.
    pub fn with_response(&self) -> OrganizationApi<T, FullResponse> {
        OrganizationApi { client: self.client.with_response(), org_id: self.org_id.clone() }
    }

    pub(super) fn org_id(&self) -> &OrgId {
        &self.org_id
    }

    pub(super) fn client(&self) -> &MemoryClient<T, S> {
        &self.client
    }

    /// A request to the organization's own path, or to one below it.
    pub(super) fn request(&self, method: Method, below: &[Segment<'_>]) -> Result<Request> {
        let segments = organization_path(&self.org_id).into_iter().chain(below.iter().copied());
        self.client.request_to(method, segments)
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> OrganizationApi<T, S> {
    /// Reads the organization (contract 1.3, "Get organization").
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if there is none of that id, or the key's user is no member
    /// of it.
    ///
    #[doc = example!(
    "let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
let organization = client.organization(&org_id).get()" await "?;
println!(\"{:?} of {:?}\", organization.name, organization.user_role);
# assert!(organization.name.is_some());"
    )]
    pub async fn get(&self) -> Result<S::Of<Organization>> {
        let request = self.request(Method::GET, &[])?;
        self.client.send(request).await
    }

    /// Deletes the organization with everything in it: projects, memories, members. There is no way back.
    ///
    /// A call that had to be repeated may meet its own success: 404 with
    /// [`attempts`](crate::Error::attempts) over 1 most likely means that the first attempt deleted it.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 403 for a READER, 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "let made = client.organizations().create(\"Short-lived\")" await "?;
client.organization(made.id()?).delete()" await "?;"
    )]
    pub async fn delete(&self) -> Result<S::Of<Confirmation>> {
        let mut request = self.request(Method::DELETE, &[])?;
        request.without_body = WithoutBody::EmptyObject;
        self.client.send(request).await
    }

    /// Lists its projects that the key's user may see, all at once (contract 1.3, "List projects").
    ///
    /// # Errors
    /// 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
for project in client.organization(&org_id).projects()" await "? {
    println!(\"{:?} {:?}\", project.project_id, project.name);
}"
    )]
    pub async fn projects(&self) -> Result<S::Of<Vec<Project>>> {
        let request = self.request(Method::GET, &[Segment::Fixed("projects")])?;
        self.client.send(request).await
    }

    /// Creates a project in it. A name alone will do; see [`ProjectApi::create`].
    ///
    /// # Errors
    /// As [`ProjectApi::create`].
    ///
    #[doc = example!(
    "let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
let acme = client.organization(&org_id);
let made = acme.create_project(\"Support bot\")" await "?;
let project = acme.project(made.id()?).get()" await "?;
# assert_eq!(project.name.as_deref(), Some(\"Support bot\"));"
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
