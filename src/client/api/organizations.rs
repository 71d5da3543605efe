//! The organizations of the key's user.

use std::fmt;

use http::Method;

use super::{DefaultTransport, MemoryClient, Transport, maybe_async};
use crate::client::api_response::{FullResponse, ResponseMode, ValueOnly};
use crate::client::options::RequestOptions;
use crate::client::request::Segment;
use crate::error::Result;
use crate::types::{NewOrganization, Organization, OrganizationCreated};

/// The organizations the key's user is a member of. Made by [`MemoryClient::organizations`].
pub struct OrganizationsApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

const PATH: [Segment<'static>; 4] =
    [Segment::Fixed("api"), Segment::Fixed("v1"), Segment::Fixed("orgs"), Segment::Fixed("organizations")];

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// The organizations the key's user is a member of.
    pub fn organizations(&self) -> OrganizationsApi<T, S> {
        OrganizationsApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> OrganizationsApi<T, S> {
    /// The same organizations with other options for the calls, in place of those they had.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// The same organizations, with status, headers and request id along with the value of each call.
    pub fn with_response(&self) -> OrganizationsApi<T, FullResponse> {
        OrganizationsApi { client: self.client.with_response() }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> OrganizationsApi<T, S> {
    /// Lists them, all at once (contract 1.3, "List organizations").
    ///
    /// # Errors
    /// As any call: [`Error::Api`](crate::Error::Api), [`Error::Transport`](crate::Error::Transport),
    /// [`Error::Timeout`](crate::Error::Timeout), [`Error::Decode`](crate::Error::Decode).
    ///
    #[doc = example!(
    "for organization in client.organizations().list()" await "? {
    println!(\"{:?} {:?}\", organization.org_id, organization.name);
}"
    )]
    pub async fn list(&self) -> Result<S::Of<Vec<Organization>>> {
        let request = self.client.request_to(Method::GET, PATH)?;
        self.client.send(request).await
    }

    /// Creates one, with the key's user as its OWNER (contract 1.3, "Create organization"). The answer is its
    /// id, not the organization.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty name, before anything is sent;
    /// [`Error::Api`](crate::Error::Api) with 400 and [`fields`](crate::error::ApiError::fields) if the platform does
    /// not like the name.
    ///
    #[doc = example!(
    "let made = client.organizations().create(\"Acme\")" await "?;
let acme = client.organization(made.id()?);
# assert_eq!(acme.get()" await "?.name.as_deref(), Some(\"Acme\"));"
    )]
    pub async fn create(&self, name: &str) -> Result<S::Of<OrganizationCreated>> {
        let organization = NewOrganization { name };
        organization.check()?;
        let mut request = self.client.request_to(Method::POST, PATH)?;
        request.set_json(&organization)?;
        self.client.send(request).await
    }
}

impl<T, S> Clone for OrganizationsApi<T, S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone() }
    }
}

impl<T, S> fmt::Debug for OrganizationsApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrganizationsApi").field("client", &self.client).finish()
    }
}
