//! Calls for members by intent. Both levels have the same two calls, with one implementation.

use super::{OrganizationApi, ProjectApi, Transport, maybe_async};
use crate::error::{ApiErrorKind, Error, Result};
use crate::types::{Confirmation, Email, Member, MemberChange, Role};

#[maybe_async]
impl<T: Transport> ProjectApi<T> {
    /// Adds a member with a role, or changes their role, or does nothing if they have it.
    ///
    /// Reads the members of the project, and sends at most one change. If someone else changes the members meanwhile, both
    /// are repeated once. The case of ASCII letters of the e-mail address is ignored.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out. To
    /// continue after that or after an error, call it again.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an invalid e-mail address, or a text that is not a [`Role`] in upper or lower case; nothing
    /// is sent then. [`Error::Api`] with 403 for a READER, 404 as [`get`](Self::get), 400 if the role of the last OWNER
    /// would be reduced. [`Error::Decode`] if the response to reading the project has no members.
    ///
    #[doc = example!(
    "use mem0::Role;

let change = client.project().ensure_member(\"ann@example.com\", Role::Reader)" await "?;
println!(\"{change}\"); // added, role changed from OWNER, or unchanged
# assert_eq!(change, mem0::members::MemberChange::Added);"
    )]
    pub async fn ensure_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<MemberChange> {
        MemberScope::Project(self).ensure(email, role.try_into().map_err(Into::into)?).await
    }

    /// Removes a member, and returns whether there was one.
    ///
    /// Reads the members of the project, and sends at most one removal. The case of ASCII letters of the e-mail address is
    /// ignored. If someone else removes the member meanwhile, the result is `false`.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`ensure_member`](Self::ensure_member); 400 for the last OWNER.
    ///
    #[doc = example!(
    "# client.project().add_member(\"ann@example.com\", mem0::Role::Reader)" await "?;
assert!(client.project().remove_member_if_present(\"ann@example.com\")" await "?);
assert!(!client.project().remove_member_if_present(\"ann@example.com\")" await "?);"
    )]
    pub async fn remove_member_if_present(&self, email: &str) -> Result<bool> {
        MemberScope::Project(self).remove_if_present(email).await
    }
}

#[maybe_async]
impl<T: Transport> OrganizationApi<T> {
    /// Adds a member with a role, or changes their role, or does nothing if they have it.
    ///
    /// Reads the members of the organization, and sends at most one change. If someone else changes the members meanwhile,
    /// both are repeated once. The case of ASCII letters of the e-mail address is ignored.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out. To
    /// continue after that or after an error, call it again.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an invalid e-mail address, or a text that is not a [`Role`] in upper or lower case; nothing
    /// is sent then. [`Error::Api`] with 403 for a READER, 404 as [`get`](Self::get), 400 if the role of the last OWNER
    /// would be reduced. [`Error::Decode`] if the response to reading the organization has no members.
    ///
    #[doc = example!(
    "use mem0::Role;

let organization = client.organization(client.ping()" await "?.org_id()?);
let change = organization.ensure_member(\"ann@example.com\", Role::Reader)" await "?;
println!(\"{change}\"); // added, role changed from OWNER, or unchanged
# assert_eq!(change, mem0::members::MemberChange::Added);"
    )]
    pub async fn ensure_member(
        &self,
        email: &str,
        role: impl TryInto<Role, Error: Into<Error>> + Send,
    ) -> Result<MemberChange> {
        MemberScope::Organization(self).ensure(email, role.try_into().map_err(Into::into)?).await
    }

    /// Removes a member, and returns whether there was one. To remove them from the projects first, use
    /// [`remove_everywhere`](Self::remove_everywhere).
    ///
    /// Reads the members of the organization, and sends at most one removal. The case of ASCII letters of the e-mail
    /// address is ignored. If someone else removes the member meanwhile, the result is `false`.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`ensure_member`](Self::ensure_member); 400 for the last OWNER.
    ///
    #[doc = example!(
    "let organization = client.organization(client.ping()" await "?.org_id()?);
# organization.add_member(\"ann@example.com\", mem0::Role::Reader)" await "?;
assert!(organization.remove_member_if_present(\"ann@example.com\")" await "?);
assert!(!organization.remove_member_if_present(\"ann@example.com\")" await "?);"
    )]
    pub async fn remove_member_if_present(&self, email: &str) -> Result<bool> {
        MemberScope::Organization(self).remove_if_present(email).await
    }
}

/// Project or organization whose members a call changes.
enum MemberScope<'a, T> {
    Project(&'a ProjectApi<T>),
    Organization(&'a OrganizationApi<T>),
}

#[maybe_async]
impl<T: Transport> MemberScope<'_, T> {
    async fn ensure(&self, email: &str, role: Role) -> Result<MemberChange> {
        let email: Email = email.parse()?;
        role.check()?;
        let members = self.members().await?;
        let outcome = self.ensure_among(&members, &email, &role).await;
        let Err(Error::Api(error)) = &outcome else { return outcome };
        if !error.is_already_member() && error.kind != ApiErrorKind::NotFound {
            return outcome;
        }
        // The list is outdated, or the project no longer exists, for which the read fails.
        let members = self.members().await?;
        match self.ensure_among(&members, &email, &role).await {
            // An earlier attempt of the request has added them.
            Ok(MemberChange::Unchanged) if error.is_already_member() && error.call.was_sent_before => {
                Ok(MemberChange::Added)
            }
            outcome => outcome,
        }
    }

    /// Sends the change that is needed, given the current members.
    async fn ensure_among(&self, members: &[Member], email: &Email, role: &Role) -> Result<MemberChange> {
        let Some(member) = find(members, email) else {
            self.add(email.as_str(), role.clone()).await?;
            return Ok(MemberChange::Added);
        };
        let from = member.role()?;
        if from.as_str().eq_ignore_ascii_case(role.as_str()) {
            return Ok(MemberChange::Unchanged);
        }
        self.update(member.email()?, role.clone()).await?;
        Ok(MemberChange::RoleChanged { from: from.clone() })
    }

    async fn remove_if_present(&self, email: &str) -> Result<bool> {
        let email: Email = email.parse()?;
        let members = self.members().await?;
        let address = match find(&members, &email) {
            Some(member) => member.email()?,
            None if members.iter().all(|member| member.email.is_some()) => return Ok(false),
            // They may be one of the members whose address is unknown.
            None => email.as_str(),
        };
        let Err(error) = self.remove(address).await else { return Ok(true) };
        let Error::Api(api) = &error else { return Err(error) };
        if api.kind != ApiErrorKind::NotFound {
            return Err(error);
        }
        // They are no longer a member, or the project no longer exists, for which the read fails.
        match find(&self.members().await?, &email) {
            None => Ok(api.call.was_sent_before),
            Some(_) => Err(error),
        }
    }

    /// Reads the members with their e-mail addresses, which the lists of members do not have.
    async fn members(&self) -> Result<Vec<Member>> {
        match self {
            Self::Project(project) => Ok(project.get().await?.members()?.to_vec()),
            Self::Organization(organization) => Ok(organization.get().await?.members()?.to_vec()),
        }
    }

    async fn add(&self, email: &str, role: Role) -> Result<Confirmation> {
        match self {
            Self::Project(project) => project.add_member(email, role).await,
            Self::Organization(organization) => organization.add_member(email, role).await,
        }
    }

    async fn update(&self, email: &str, role: Role) -> Result<Confirmation> {
        match self {
            Self::Project(project) => project.update_member(email, role).await,
            Self::Organization(organization) => organization.update_member(email, role).await,
        }
    }

    async fn remove(&self, email: &str) -> Result<Confirmation> {
        match self {
            Self::Project(project) => project.remove_member(email).await,
            Self::Organization(organization) => organization.remove_member(email).await,
        }
    }
}

/// Member with an e-mail address.
fn find<'a>(members: &'a [Member], email: &Email) -> Option<&'a Member> {
    let is_same = |address: &String| address.eq_ignore_ascii_case(email.as_str());
    members.iter().find(|member| member.email.as_ref().is_some_and(is_same))
}
