//! Members of projects and of organizations: the same four calls, which the platform takes differently at the two
//! levels (contract D11, D12).

use http::Method;

use super::{OrganizationApi, ProjectApi, Transport, maybe_async};
use crate::client::api_response::ResponseMode;
use crate::client::request::{Segment, WithoutBody};
use crate::error::{Error, Result};
use crate::types::{Confirmation, MemberRemoval, Members, Membership, Role, check_email};

const MEMBERS: &[Segment<'static>] = &[Segment::Fixed("members")];

#[maybe_async]
impl<T: Transport, S: ResponseMode> ProjectApi<T, S> {
    /// Lists the project's members: user names and roles. For e-mail addresses read the
    /// [`members`](crate::projects::Project::members) of the project (contract D10).
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "for member in client.project().get_members()" await "? {
    println!(\"{:?} is {:?}\", member.username, member.role);
}"
    )]
    pub async fn get_members(&self) -> Result<S::Of<Members>> {
        let call = self.client().begin()?;
        let request = self.request(&call, Method::GET, MEMBERS).await?;
        self.client().send_within(&call, request).await
    }

    /// Adds a member by e-mail address. Not repeated where it may have been carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for what is no e-mail address, or text that is no [`Role`] in any
    /// case, before anything is sent; [`Error::Api`](crate::Error::Api) with 403 for a READER, 404 as [`get`](Self::get),
    /// 400 for a role the platform does not know, or for a user who is a member
    /// already: [`ApiError::is_already_member`](crate::error::ApiError::is_already_member) tells the latter apart. Their role
    /// is not changed; [`update_member`](Self::update_member) does that.
    ///
    #[doc = example!(
    "use mem0::{Error, Role};

# client.project().add_member(\"ann@example.com\", Role::Reader)" await "?;
match client.project().add_member(\"ann@example.com\", Role::Reader)" await " {
    Err(Error::Api(refused)) if refused.is_already_member() => println!(\"nothing to do\"),
    added => println!(\"{:?}\", added?.message),
}"
    )]
    pub async fn add_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<S::Of<Confirmation>> {
        self.write_member(Method::POST, email, role.try_into().map_err(Into::into)?).await
    }

    /// Changes a member's role.
    ///
    /// # Errors
    /// As [`add_member`](Self::add_member); 404 too if there is no such member, 400 if it is the last OWNER.
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

    /// Removes a member. The e-mail address travels in the query, as the platform wants it here, and is redacted
    /// wherever this crate shows the call.
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
        request.without_body = WithoutBody::EmptyObject;
        self.client().send_within(&call, request).await
    }

    async fn write_member(&self, method: Method, email: &str, role: Role) -> Result<S::Of<Confirmation>> {
        check_email(email)?;
        role.check()?;
        let call = self.client().begin()?;
        let mut request = self.request(&call, method, MEMBERS).await?;
        request.set_json(&Membership { email, role: &role })?;
        request.without_body = WithoutBody::EmptyObject;
        self.client().send_within(&call, request).await
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> OrganizationApi<T, S> {
    /// Lists the organization's members: user ids and roles. For e-mail addresses read the
    /// [`members`](crate::organizations::Organization::members) of the organization (contract D10).
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    "let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
for member in client.organization(&org_id).get_members()" await "? {
    println!(\"{:?} is {:?}\", member.user_id, member.role);
}"
    )]
    pub async fn get_members(&self) -> Result<S::Of<Members>> {
        let request = self.request(Method::GET, MEMBERS)?;
        self.client().send(request).await
    }

    /// Adds a member by e-mail address. Not repeated where it may have been carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for what is no e-mail address, or text that is no [`Role`] in any
    /// case, before anything is sent; [`Error::Api`](crate::Error::Api) with 403 for a READER, 404 as [`get`](Self::get),
    /// 400 with [`fields`](crate::error::ApiError::fields) for a role the platform does not know, or for a user who is a member
    /// already: [`ApiError::is_already_member`](crate::error::ApiError::is_already_member) tells the latter apart. Their role
    /// is not changed; [`update_member`](Self::update_member) does that.
    ///
    #[doc = example!(
    "use mem0::{Error, Role};

let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
let organization = client.organization(&org_id);
# organization.add_member(\"ann@example.com\", Role::Reader)" await "?;
match organization.add_member(\"ann@example.com\", Role::Reader)" await " {
    Err(Error::Api(refused)) if refused.is_already_member() => println!(\"nothing to do\"),
    added => println!(\"{:?}\", added?.message),
}"
    )]
    pub async fn add_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<S::Of<Confirmation>> {
        self.write_member(Method::POST, email, role.try_into().map_err(Into::into)?).await
    }

    /// Changes a member's role.
    ///
    /// # Errors
    /// As [`add_member`](Self::add_member); 404 too if there is no such member, 400 if it is the last OWNER.
    ///
    #[doc = example!(
    "use mem0::Role;

# let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
# client.organization(&org_id).add_member(\"ann@example.com\", Role::Reader)" await "?;
client.organization(&org_id).update_member(\"ann@example.com\", Role::Owner)" await "?;"
    )]
    pub async fn update_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<S::Of<Confirmation>> {
        self.write_member(Method::PUT, email, role.try_into().map_err(Into::into)?).await
    }

    /// Removes a member. The e-mail address travels in the body, as the platform wants it here.
    ///
    /// # Errors
    /// As [`update_member`](Self::update_member).
    ///
    #[doc = example!(
    "# let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
# client.organization(&org_id).add_member(\"ann@example.com\", mem0::Role::Reader)" await "?;
client.organization(&org_id).remove_member(\"ann@example.com\")" await "?;"
    )]
    pub async fn remove_member(&self, email: &str) -> Result<S::Of<Confirmation>> {
        check_email(email)?;
        let mut request = self.request(Method::DELETE, MEMBERS)?;
        request.set_json(&MemberRemoval { email })?;
        request.without_body = WithoutBody::EmptyObject;
        self.client().send(request).await
    }

    async fn write_member(&self, method: Method, email: &str, role: Role) -> Result<S::Of<Confirmation>> {
        check_email(email)?;
        role.check()?;
        let mut request = self.request(method, MEMBERS)?;
        request.set_json(&Membership { email, role: &role })?;
        request.without_body = WithoutBody::EmptyObject;
        self.client().send(request).await
    }
}
