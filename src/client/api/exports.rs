//! Exports of memories.

use std::fmt;

use http::Method;
use serde::Serialize;
use serde_json::Value;

use super::{DefaultTransport, MemoryClient, Transport, maybe_async};
use crate::client::api_response::{FullResponse, ResponseMode, ValueOnly};
use crate::client::options::RequestOptions;
use crate::client::poll::{PollPolicy, Wait};
use crate::client::request::{Request, Segment};
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::ids::ExportId;
use crate::types::{ExportCreated, NewExport};

/// Exports of memories into a form of the caller's: a JSON Schema that one object is filled by. Made by
/// [`MemoryClient::exports`].
///
/// An export is made after it was asked for, and kept for seven days.
pub struct ExportsApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

/// Which export to read.
#[derive(Serialize)]
struct Which {
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_export_id: Option<ExportId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<Value>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Exports of the key's project's memories.
    pub fn exports(&self) -> ExportsApi<T, S> {
        ExportsApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> ExportsApi<T, S> {
    /// The same exports with other options for the calls, in place of those they had.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// The same exports, with status, headers and request id along with the value of each call.
    pub fn with_response(&self) -> ExportsApi<T, FullResponse> {
        ExportsApi { client: self.client.with_response() }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> ExportsApi<T, S> {
    /// Asks for an export: `POST /v1/exports/` (contract 5). The answer is its identifier; what it holds is read
    /// later. Not repeated where it may have been carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a schema that is no object or a filter that names no user, agent, app or run,
    /// before anything is sent; [`Error::Api`](crate::Error::Api) with 400 if the platform does not like one of
    /// them, 403 for a READER.
    ///
    #[doc = example!(
    "use mem0::exports::NewExport;
use mem0::Filter;
use serde_json::json;

let schema = json!({\"type\": \"object\", \"properties\": {\"full_name\": {\"type\": \"string\"}}});
let made = client.exports().create(NewExport::new(schema, Filter::user(\"alice\")))" await "?;
println!(\"{}\", made.id()?);"
    )]
    pub async fn create(&self, export: NewExport) -> Result<S::Of<ExportCreated>> {
        let body = export.into_body()?;
        let mut request = self.client.request_to(Method::POST, path(&[]))?;
        request.set_json(&body)?;
        self.client.send(request).await
    }

    /// Reads what an export has made, as it is: `POST /v1/exports/get/` (contract 5). Its keys are those of the
    /// schema, and are left alone.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty identifier, before anything is sent;
    /// [`Error::Api`](crate::Error::Api) with 404 if there is none **or it is not ready yet**: the platform
    /// does not tell the one from the other.
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

    /// Waits for an export and reads what it has made. There is nothing but 404 to tell that it is not ready, so
    /// an identifier that there is none of is waited for as long.
    ///
    /// # Errors
    /// [`Error::Timeout`] of the kind [`Wait`](crate::error::TimeoutKind::Wait) at the deadline: the
    /// platform goes on, and it can be waited for again; else as [`get`](Self::get).
    ///
    #[doc = example!(
    "use mem0::client::PollPolicy;
use mem0::exports::NewExport;
use mem0::Filter;
use serde_json::json;

let schema = json!({\"type\": \"object\", \"properties\": {\"full_name\": {\"type\": \"string\"}}});
let made = client.exports().create(NewExport::new(schema, Filter::user(\"alice\")))" await "?;
let export = client.exports().wait(made.id()?, PollPolicy::default())" await "?;
println!(\"{}\", export[\"full_name\"]);"
    )]
    pub async fn wait(&self, id: impl Into<ExportId> + Send, policy: PollPolicy) -> Result<S::Of<Value>> {
        let request = self.read_by_id(id.into())?;
        let mut wait = Wait::begin(policy);
        loop {
            match self.client.send(request.clone()).await {
                Err(error) if error.is_not_found() => self.client.pause(&mut wait, &request).await?,
                outcome => return outcome,
            }
        }
    }

    /// Reads what the latest export that matches the filter has made. The filter is one of the four
    /// identifiers, `created_at` or `updated_at`, and is sent with `AND` at its root.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a filter that names no user, agent, app or run, before anything is sent; 404 as
    /// [`get`](Self::get).
    ///
    #[doc = example!(
    export "use mem0::Filter;

let export = client.exports().latest(Filter::user(\"alice\"))" await "?;
println!(\"{}\", export[\"full_name\"]);"
    )]
    pub async fn latest(&self, filter: Filter) -> Result<S::Of<Value>> {
        filter.check()?;
        let request =
            self.read(&Which { memory_export_id: None, filters: Some(filter.to_rooted_value()) })?;
        self.client.send(request).await
    }
}

impl<T: Transport, S: ResponseMode> ExportsApi<T, S> {
    fn read_by_id(&self, id: ExportId) -> Result<Request> {
        check_id(&id)?;
        self.read(&Which { memory_export_id: Some(id), filters: None })
    }

    fn read(&self, which: &Which) -> Result<Request> {
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
        return Err(Error::invalid("export_id", "is empty; give the one `create` answered with"));
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
