//! Lookup of the API key's project.

use http::Method;

use super::client::KeyProject;
use super::{MemoryClient, Transport, maybe_async};
use crate::client::call::Call;
use crate::client::project_scope::ProjectScope;
use crate::client::request::{Request, Segment};
use crate::client::response::Response;
use crate::client::response_mode::ResponseMode;
use crate::error::{Error, Result};
use crate::ids::{OrgId, ProjectId};
use crate::redact::{one_line, redact_all};
use crate::types::Identity;

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns the ids of the builder, or else those of the key.
    pub(super) async fn resolve_scope(&self, call: &Call) -> Result<(&OrgId, &ProjectId)> {
        if let Some(scope) = &self.inner.config.scope {
            return Ok(scope.ids());
        }
        let advice = "set `org_id` and `project_id` on the builder, or use `project_in`";
        let own = self.own_project(call, advice).await?;
        let org_id = own.org_id.as_ref().ok_or_else(|| missing("org_id", "organization", advice))?;
        Ok((org_id, &own.project_id))
    }

    /// Fails if the builder names a project that is not the key's own, in which the platform would carry out the call.
    /// Sends nothing if the builder names none.
    pub(super) async fn check_own_project(&self, call: &Call) -> Result<()> {
        let Some((org_id, project_id)) = self.inner.config.scope.as_ref().map(ProjectScope::ids) else {
            return Ok(());
        };
        let advice = "leave `org_id` and `project_id` off the builder to work in the key's own project";
        let own = self.own_project(call, advice).await?;
        let differs = |field, what, named: &str, own: &str| {
            let [named, own] = [named, own].map(|id| one_line(&redact_all(&self.inner.config.key.scrub(id))));
            let message = format!(
                "`{named}` is not the {what} of this API key, `{own}`; memory calls always work in the key's own \
                 project; use a key of the project you want, or {advice}"
            );
            Error::config(field, message)
        };
        if own.project_id != *project_id {
            return Err(differs("project_id", "project", project_id.as_str(), own.project_id.as_str()));
        }
        match &own.org_id {
            Some(own) if own != org_id => {
                Err(differs("org_id", "organization", org_id.as_str(), own.as_str()))
            }
            _ => Ok(()),
        }
    }

    /// Returns the key's project. A failed lookup is not cached: the next caller sends it again.
    pub(super) async fn own_project(&self, call: &Call, advice: &str) -> Result<&KeyProject> {
        let cache = &self.inner.key_project;
        if let Some(own) = cache.project.get() {
            return Ok(own);
        }
        let Some(_guard) = cache.lock.acquire(&self.inner.transport, call.remaining()).await else {
            return Err(call.timed_out(&self.identity_request()?));
        };
        if let Some(own) = cache.project.get() {
            return Ok(own);
        }
        let (identity, _) = self.fetch_identity(call).await?;
        cache.project.get().ok_or_else(|| match identity.org_id.filter(|id| !id.as_str().is_empty()) {
            None => missing("org_id", "organization", advice),
            Some(_) => missing("project_id", "project", advice),
        })
    }

    /// Requests the identity of the key, and caches its project.
    pub(super) async fn fetch_identity(&self, call: &Call) -> Result<(Identity, Response)> {
        let mut request = self.identity_request()?;
        let (identity, response, _) = self.receive_unchecked::<Identity>(call, &mut request).await?;
        let project_id = identity.project_id.clone().filter(|id| !id.as_str().is_empty());
        if let Some(project_id) = project_id {
            let org_id = identity.org_id.clone().filter(|id| !id.as_str().is_empty());
            let _ = self.inner.key_project.project.set(KeyProject { org_id, project_id });
        }
        Ok((identity, response))
    }
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    fn identity_request(&self) -> Result<Request> {
        self.request_to(Method::GET, [Segment::Fixed("v1"), Segment::Fixed("ping")])
    }
}

fn missing(field: &'static str, what: &str, advice: &str) -> Error {
    Error::config(field, format!("is unknown: the platform reports no {what} for this API key; {advice}"))
}
