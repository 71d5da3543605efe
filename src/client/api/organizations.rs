//! Calls for the organizations of the key's user.

use std::fmt;

use http::Method;

use super::{DefaultTransport, MemoryClient, Transport, maybe_async};
use crate::client::options::RequestOptions;
use crate::client::request::Segment;
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::error::Result;
use crate::types::{NewOrganization, Organization, OrganizationCreated};

/// Handle for the organizations that the key's user is a member of.
///
/// Created by [`MemoryClient::organizations`], which sends nothing.
pub struct OrganizationsApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

const PATH: [Segment<'static>; 4] =
    [Segment::Fixed("api"), Segment::Fixed("v1"), Segment::Fixed("orgs"), Segment::Fixed("organizations")];

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a handle for the organizations that the key's user is a member of.
    pub fn organizations(&self) -> OrganizationsApi<T, S> {
        OrganizationsApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> OrganizationsApi<T, S> {
    /// Returns a copy of the handle with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// Returns a copy of the handle whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with the
    /// status, headers and request id.
    pub fn with_response(&self) -> OrganizationsApi<T, FullResponse> {
        OrganizationsApi { client: self.client.with_response() }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> OrganizationsApi<T, S> {
    /// Lists the organizations, without pagination.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// The errors of every call: [`Error::Api`](crate::Error::Api), [`Error::Transport`](crate::Error::Transport),
    /// [`Error::Timeout`](crate::Error::Timeout), [`Error::Decode`](crate::Error::Decode).
    ///
    #[doc = example!(
    "for organization in client.organizations().list()" await "? {
    println!(\"{} {}\", organization.id()?, organization.name()?);
}"
    )]
    pub async fn list(&self) -> Result<S::Of<Vec<Organization>>> {
        let request = self.client.request_to(Method::GET, PATH)?;
        self.client.send(request).await
    }

    /// Creates an organization with the key's user as its OWNER.
    ///
    /// The response has the id of the organization, not the organization. [`OrganizationCreated::open`] returns a handle
    /// for it. The call is not retried if it may have been carried out.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty name; nothing is sent then.
    /// [`Error::Api`](crate::Error::Api) with 400 and [`fields`](crate::error::ApiError::fields) if the platform
    /// rejects the name.
    ///
    #[doc = example!(
    "let acme = client.organizations().create(\"Acme\")" await "?.open(&client)?;
# assert_eq!(acme.get()" await "?.name()?, \"Acme\");"
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
