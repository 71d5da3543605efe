//! Calls for exports of memories.

use std::fmt;

use http::Method;
use serde::Serialize;
use serde_json::Value;

use super::{DefaultTransport, MemoryClient, Transport, maybe_async};
use crate::client::options::RequestOptions;
use crate::client::poll::{PollPolicy, Poller};
use crate::client::request::{Request, Segment};
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::error::{ApiErrorKind, Error, Result};
use crate::filter::Filter;
use crate::ids::ExportId;
use crate::types::{ExportCreated, NewExport};

/// Handle for exports of memories.
///
/// An export is one JSON object in the form of a JSON Schema that you pass. The platform creates it in the background
/// and keeps it for seven days. The handle is created by [`MemoryClient::exports`], which sends nothing.
pub struct ExportsApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

/// Body that selects the export to read.
#[derive(Serialize)]
struct ExportSelector {
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_export_id: Option<ExportId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<Value>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a handle for exports of memories of the key's project.
    pub fn exports(&self) -> ExportsApi<T, S> {
        ExportsApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> ExportsApi<T, S> {
    /// Returns a copy of the handle with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// Returns a copy of the handle whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with the
    /// status, headers and request id.
    pub fn with_response(&self) -> ExportsApi<T, FullResponse> {
        ExportsApi { client: self.client.with_response() }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> ExportsApi<T, S> {
    /// Creates an export: `POST /v1/exports/`.
    ///
    /// The response has the id of the export; read the result later. The call is not retried if it may have been
    /// carried out.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a schema that is not an object, or a filter without a user, agent,
    /// app or run; nothing is sent then. [`Error::Api`](crate::Error::Api) with 400 if the platform rejects one of
    /// them, 403 for a READER.
    ///
    #[doc = example!(
    "use mem0::exports::NewExport;
use mem0::Filter;
use serde_json::json;

let schema = json!({\"type\": \"object\", \"properties\": {\"full_name\": {\"type\": \"string\"}}});
let created = client.exports().create(NewExport::new(schema, Filter::user(\"alice\")))" await "?;
println!(\"{}\", created.id()?);"
    )]
    pub async fn create(&self, export: NewExport) -> Result<S::Of<ExportCreated>> {
        let body = export.into_body()?;
        let mut request = self.client.request_to(Method::POST, path(&[]))?;
        request.set_json(&body)?;
        self.client.send(request).await
    }

    /// Reads the result of an export: `POST /v1/exports/get/`. Its keys are those of the schema, unchanged.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty id; nothing is sent then.
    /// [`Error::Api`](crate::Error::Api) with 404 if the export does not exist **or is not ready yet**: the platform
    /// does not distinguish the two.
    ///
    #[doc = example!(
    export "let export = client.exports().get(export_id)" await "?;
println!(\"{}\", export[\"full_name\"]);"
    )]
    pub async fn get(&self, id: impl Into<ExportId> + Send) -> Result<S::Of<Value>> {
        let id = id.into();
        let request = self.read_by_id(id)?;
        self.client.send(request).await
    }

    /// Waits for an export and reads its result.
    ///
    /// The platform returns 404 for an export that is not ready, so for an unknown id the call waits until the
    /// deadline, too.
    ///
    /// Dropping the future of the async client ends the wait; the platform continues its work.
    ///
    /// # Errors
    /// [`Error::Timeout`] of the kind [`Wait`](crate::error::TimeoutKind::Wait) at the deadline; call `wait` again to
    /// wait longer. Else as [`get`](Self::get).
    ///
    #[doc = example!(
    "use mem0::client::PollPolicy;
use mem0::exports::NewExport;
use mem0::Filter;
use serde_json::json;

let schema = json!({\"type\": \"object\", \"properties\": {\"full_name\": {\"type\": \"string\"}}});
let created = client.exports().create(NewExport::new(schema, Filter::user(\"alice\")))" await "?;
let export = client.exports().wait(created.id()?, PollPolicy::default())" await "?;
println!(\"{}\", export[\"full_name\"]);"
    )]
    pub async fn wait(&self, id: impl Into<ExportId> + Send, policy: PollPolicy) -> Result<S::Of<Value>> {
        let request = self.read_by_id(id.into())?;
        let mut poller = Poller::start(policy);
        loop {
            match self.client.send(request.clone()).await {
                Err(Error::Api(error))
                    if error.kind == ApiErrorKind::NotFound && !error.is_self_hosted_server() =>
                {
                    self.client.wait_for_next_poll(&mut poller, &request).await?;
                }
                outcome => return outcome,
            }
        }
    }

    /// Reads the result of the latest export that matches a filter: `POST /v1/exports/get/`.
    ///
    /// The filter may contain the ids of a user, agent, app and run, `created_at` and `updated_at`. It is sent with
    /// `AND` at its root.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a filter without a user, agent, app or run; nothing is sent then.
    /// 404 as [`get`](Self::get).
    ///
    #[doc = example!(
    export "use mem0::Filter;

let export = client.exports().latest(Filter::user(\"alice\"))" await "?;
println!(\"{}\", export[\"full_name\"]);"
    )]
    pub async fn latest(&self, filter: Filter) -> Result<S::Of<Value>> {
        filter.check()?;
        let request =
            self.read(&ExportSelector { memory_export_id: None, filters: Some(filter.to_rooted_value()) })?;
        self.client.send(request).await
    }
}

impl<T: Transport, S: ResponseMode> ExportsApi<T, S> {
    fn read_by_id(&self, id: ExportId) -> Result<Request> {
        check_id(&id)?;
        self.read(&ExportSelector { memory_export_id: Some(id), filters: None })
    }

    fn read(&self, which: &ExportSelector) -> Result<Request> {
        let mut request = self.client.request_to(Method::POST, path(&[Segment::Fixed("get")]))?;
        request.set_json(which)?;
        Ok(request)
    }
}

fn path(below: &[Segment<'static>]) -> impl Iterator<Item = Segment<'static>> {
    [Segment::Fixed("v1"), Segment::Fixed("exports")].into_iter().chain(below.iter().copied())
}

fn check_id(id: &ExportId) -> Result<()> {
    if id.as_str().trim().is_empty() {
        return Err(Error::invalid("export_id", "is empty; pass the id that `create` returned"));
    }
    Ok(())
}

impl<T, S> Clone for ExportsApi<T, S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone() }
    }
}

impl<T, S> fmt::Debug for ExportsApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportsApi").field("client", &self.client).finish()
    }
}
