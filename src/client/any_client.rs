//! Handles of what was created, for the clients of both flavours.

use crate::error::Result;
use crate::ids::{OrgId, ProjectId};
use crate::types::{OrganizationCreated, ProjectCreated};

/// A client of either flavour, in any response mode.
///
/// [`ProjectCreated::open`] and [`OrganizationCreated::open`] take one.
pub trait AnyClient: sealed::Sealed {
    /// Handle for a project.
    type Project;
    /// Handle for an organization.
    type Organization;

    #[doc(hidden)]
    fn open_project(&self, org_id: &OrgId, project_id: &ProjectId) -> Self::Project;

    #[doc(hidden)]
    fn open_organization(&self, org_id: &OrgId) -> Self::Organization;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

impl ProjectCreated {
    /// Returns a handle for the new project. Sends nothing.
    ///
    /// The client is a `MemoryClient` or an `AsyncMemoryClient`, and the handle is its `ProjectApi`.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the response has no id. The project was created anyway: find it in
    /// the projects of the organization.
    ///
    #[cfg_attr(feature = "blocking", doc = "```")]
    #[cfg_attr(not(feature = "blocking"), doc = "```text")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let platform = mem0_local::LocalPlatform::start()?;
    /// # let client = platform.client()?;
    /// let project = client.project().create("Support bot")?.open(&client)?;
    /// project.add_member("ann@example.com", mem0::Role::Reader)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open<C: AnyClient>(&self, client: &C) -> Result<C::Project> {
        let project_id = self.id()?;
        Ok(client.open_project(self.org_id()?, project_id))
    }
}

impl OrganizationCreated {
    /// Returns a handle for the new organization. Sends nothing.
    ///
    /// The client is a `MemoryClient` or an `AsyncMemoryClient`, and the handle is its `OrganizationApi`.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the response has no id. The organization was created anyway: find it
    /// in the list of organizations.
    ///
    #[cfg_attr(feature = "blocking", doc = "```")]
    #[cfg_attr(not(feature = "blocking"), doc = "```text")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let platform = mem0_local::LocalPlatform::start()?;
    /// # let client = platform.client()?;
    /// let acme = client.organizations().create("Acme")?.open(&client)?;
    /// let bot = acme.create_project("Support bot")?.open(&client)?;
    /// # bot.get()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open<C: AnyClient>(&self, client: &C) -> Result<C::Organization> {
        Ok(client.open_organization(self.id()?))
    }
}
