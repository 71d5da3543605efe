//! Which organization and project a call without ids is about.

use std::sync::OnceLock;

use http::Method;

use super::{Gate, MemoryClient, Transport, maybe_async};
use crate::api_response::Shape;
use crate::call::Call;
use crate::error::{Error, Result};
use crate::id::{OrgId, ProjectId};
use crate::model::Identity;
use crate::request::{Request, Segment};
use crate::response::Response;

/// What is known of the key: asked for by one caller, who holds the gate, while the others wait.
#[derive(Default)]
pub(super) struct Scope {
    known: OnceLock<(OrgId, ProjectId)>,
    gate: Gate,
}

#[maybe_async]
impl<T: Transport, S: Shape> MemoryClient<T, S> {
    /// The builder's ids, or those of the key. A look-up that fails is not remembered: the next caller asks again.
    pub(super) async fn scope(&self, call: &Call) -> Result<&(OrgId, ProjectId)> {
        let scope = &self.inner.scope;
        if let Some(known) = self.inner.config.scope.as_ref().or_else(|| scope.known.get()) {
            return Ok(known);
        }
        let Some(_pass) = scope.gate.enter(&self.inner.transport, call.remaining()).await else {
            return Err(call.ran_out(&self.identity_request()?));
        };
        if let Some(known) = scope.known.get() {
            return Ok(known);
        }
        let (identity, _) = self.ask_identity(call).await?;
        let ids = ids_of(&identity)?;
        Ok(scope.known.get_or_init(|| ids))
    }

    /// Asks the platform whose key it is, and keeps the ids.
    pub(super) async fn ask_identity(&self, call: &Call) -> Result<(Identity, Response)> {
        let mut request = self.identity_request()?;
        let (identity, response, _) = self.receive::<Identity>(call, &mut request).await?;
        if let Ok(ids) = ids_of(&identity) {
            let _ = self.inner.scope.known.set(ids);
        }
        Ok((identity, response))
    }
}

impl<T: Transport, S: Shape> MemoryClient<T, S> {
    fn identity_request(&self) -> Result<Request> {
        self.request_to(Method::GET, [Segment::Fixed("v1"), Segment::Fixed("ping")])
    }
}

fn ids_of(identity: &Identity) -> Result<(OrgId, ProjectId)> {
    let missing = |field, what: &str| {
        let message = format!(
            "is not known: the platform named no {what} for this key; set `org_id` and `project_id` on the builder, \
             or use `project_in`"
        );
        Error::config(field, message)
    };
    let org_id = identity.org_id.clone().filter(|id| !id.as_str().is_empty());
    let project_id = identity.project_id.clone().filter(|id| !id.as_str().is_empty());
    Ok((
        org_id.ok_or_else(|| missing("org_id", "organization"))?,
        project_id.ok_or_else(|| missing("project_id", "project"))?,
    ))
}
