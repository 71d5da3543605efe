//! Calls for members of projects and organizations. Both levels have the same four calls, with different requests: see
//! `docs/platform-api.md#removing-members`.

use http::Method;

use super::{OrganizationApi, ProjectApi, Transport, maybe_async};
use crate::client::request::{EmptyBody, Segment};
use crate::client::response_mode::ResponseMode;
use crate::error::{Error, Result};
use crate::types::{Confirmation, MemberRemoval, Members, Membership, Role, check_email};

const MEMBERS: &[Segment<'static>] = &[Segment::Fixed("members")];

#[maybe_async]
impl<T: Transport, S: ResponseMode> ProjectApi<T, S> {
    /// Lists the members of the project: user names and roles. E-mail addresses are in the
    /// [`members`](crate::projects::Project::members) of the project.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "for member in client.project().get_members()" await "? {
    println!(\"{} is {}\", member.username()?, member.role()?);
}"
    )]
    pub async fn get_members(&self) -> Result<S::Of<Members>> {
        let call = self.client().begin()?;
        let request = self.request(&call, Method::GET, MEMBERS).await?;
        self.client().send_within(&call, request).await
    }

    /// Adds a member by e-mail address. The call is not retried if it may have been carried out.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an invalid e-mail address, or a text that is not a [`Role`] in
    /// upper or lower case; nothing is sent then. [`Error::Api`](crate::Error::Api) with 403 for a READER, 404 as
    /// [`get`](Self::get), 400 for an unknown role or an existing member:
    /// [`ApiError::is_already_member`](crate::error::ApiError::is_already_member) detects the latter. The role of an
    /// existing member is not changed; use [`update_member`](Self::update_member).
    ///
    #[doc = example!(
    "use mem0::{Error, Role};

# client.project().add_member(\"ann@example.com\", Role::Reader)" await "?;
match client.project().add_member(\"ann@example.com\", Role::Reader)" await " {
    Err(Error::Api(error)) if error.is_already_member() => println!(\"already a member\"),
    added => println!(\"{}\", added?),
}"
    )]
    pub async fn add_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<S::Of<Confirmation>> {
        self.write_member(Method::POST, email, role.try_into().map_err(Into::into)?).await
    }

    /// Changes the role of a member.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`add_member`](Self::add_member); also 404 if the user is not a member, 400 for the last OWNER.
    ///
    #[doc = example!(
    "use mem0::Role;

# client.project().add_member(\"ann@example.com\", Role::Reader)" await "?;
client.project().update_member(\"ann@example.com\", Role::Owner)" await "?;"
    )]
    pub async fn update_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<S::Of<Confirmation>> {
        self.write_member(Method::PUT, email, role.try_into().map_err(Into::into)?).await
    }

    /// Removes a member. The platform expects the e-mail address in the query; this crate redacts it in errors and
    /// logs.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`update_member`](Self::update_member).
    ///
    #[doc = example!(
    "# client.project().add_member(\"ann@example.com\", mem0::Role::Reader)" await "?;
client.project().remove_member(\"ann@example.com\")" await "?;"
    )]
    pub async fn remove_member(&self, email: &str) -> Result<S::Of<Confirmation>> {
        check_email(email)?;
        let call = self.client().begin()?;
        let mut request = self.request(&call, Method::DELETE, MEMBERS).await?;
        request.push_query("email", email);
        request.empty_body = EmptyBody::EmptyObject;
        self.client().send_within(&call, request).await
    }

    async fn write_member(&self, method: Method, email: &str, role: Role) -> Result<S::Of<Confirmation>> {
        check_email(email)?;
        role.check()?;
        let call = self.client().begin()?;
        let mut request = self.request(&call, method, MEMBERS).await?;
        request.set_json(&Membership { email, role: &role })?;
        request.empty_body = EmptyBody::EmptyObject;
        self.client().send_within(&call, request).await
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> OrganizationApi<T, S> {
    /// Lists the members of the organization: user ids and roles. E-mail addresses are in the
    /// [`members`](crate::organizations::Organization::members) of the organization.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "let organization = client.organization(client.ping()" await "?.org_id()?);
for member in organization.get_members()" await "? {
    println!(\"{} is {}\", member.user_id()?, member.role()?);
}"
    )]
    pub async fn get_members(&self) -> Result<S::Of<Members>> {
        let request = self.request(Method::GET, MEMBERS)?;
        self.client().send(request).await
    }

    /// Adds a member by e-mail address. The call is not retried if it may have been carried out.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an invalid e-mail address, or a text that is not a [`Role`] in
    /// upper or lower case; nothing is sent then. [`Error::Api`](crate::Error::Api) with 403 for a READER, 404 as
    /// [`get`](Self::get), 400 with [`fields`](crate::error::ApiError::fields) for an unknown role or an existing
    /// member: [`ApiError::is_already_member`](crate::error::ApiError::is_already_member) detects the latter. The role
    /// of an existing member is not changed; use [`update_member`](Self::update_member).
    ///
    #[doc = example!(
    "use mem0::{Error, Role};

let organization = client.organization(client.ping()" await "?.org_id()?);
# organization.add_member(\"ann@example.com\", Role::Reader)" await "?;
match organization.add_member(\"ann@example.com\", Role::Reader)" await " {
    Err(Error::Api(error)) if error.is_already_member() => println!(\"already a member\"),
    added => println!(\"{}\", added?),
}"
    )]
    pub async fn add_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<S::Of<Confirmation>> {
        self.write_member(Method::POST, email, role.try_into().map_err(Into::into)?).await
    }

    /// Changes the role of a member.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`add_member`](Self::add_member); also 404 if the user is not a member, 400 for the last OWNER.
    ///
    #[doc = example!(
    "use mem0::Role;

# let organization = client.organization(client.ping()" await "?.org_id()?);
# organization.add_member(\"ann@example.com\", Role::Reader)" await "?;
organization.update_member(\"ann@example.com\", Role::Owner)" await "?;"
    )]
    pub async fn update_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<S::Of<Confirmation>> {
        self.write_member(Method::PUT, email, role.try_into().map_err(Into::into)?).await
    }

    /// Removes a member.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`update_member`](Self::update_member).
    ///
    #[doc = example!(
    "# let organization = client.organization(client.ping()" await "?.org_id()?);
# organization.add_member(\"ann@example.com\", mem0::Role::Reader)" await "?;
organization.remove_member(\"ann@example.com\")" await "?;"
    )]
    pub async fn remove_member(&self, email: &str) -> Result<S::Of<Confirmation>> {
        check_email(email)?;
        let mut request = self.request(Method::DELETE, MEMBERS)?;
        request.set_json(&MemberRemoval { email })?;
        request.empty_body = EmptyBody::EmptyObject;
        self.client().send(request).await
    }

    async fn write_member(&self, method: Method, email: &str, role: Role) -> Result<S::Of<Confirmation>> {
        check_email(email)?;
        role.check()?;
        let mut request = self.request(method, MEMBERS)?;
        request.set_json(&Membership { email, role: &role })?;
        request.empty_body = EmptyBody::EmptyObject;
        self.client().send(request).await
    }
}
