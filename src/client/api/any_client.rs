//! Handles that this flavour's client opens.

use super::{MemoryClient, OrganizationApi, ProjectApi, Transport};
use crate::client::any_client::{AnyClient, sealed};
use crate::client::response_mode::ResponseMode;
use crate::ids::{OrgId, ProjectId};

impl<T: Transport, S: ResponseMode> sealed::Sealed for MemoryClient<T, S> {}

impl<T: Transport, S: ResponseMode> AnyClient for MemoryClient<T, S> {
    type Project = ProjectApi<T, S>;
    type Organization = OrganizationApi<T, S>;

    fn open_project(&self, org_id: &OrgId, project_id: &ProjectId) -> ProjectApi<T, S> {
        self.project_in(org_id, project_id)
    }

    fn open_organization(&self, org_id: &OrgId) -> OrganizationApi<T, S> {
        self.organization(org_id)
    }
}
