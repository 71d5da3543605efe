//! Request handling: route, key, access, operation, request log.

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};

use http::{HeaderName, Method, StatusCode};
use serde_json::json;

use crate::handlers::{Call, Options};
use crate::http::access;
use crate::http::fault::{Fault, FaultKind, Faults};
use crate::http::fault_stream::WriteFault;
use crate::http::request_log::{LoggedRequest, RequestLog};
use crate::http::router::{RoutedRequest, Router};
use crate::jobs::backend::Backend;
use crate::operations::Row;
use crate::protocol::path_ids::PathIds;
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::protocol::request::Request;
use crate::store::after_commit::AfterCommit;
use crate::store::{Store, keys};
use mem0::redact::redact_keys;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// State that the server shares with the handle of the platform.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) backend: Arc<Backend>,
    pub(crate) router: Router,
    pub(crate) faults: Faults,
    pub(crate) request_log: RequestLog,
    pub(crate) options: Options,
    pub(crate) requests: AtomicU64,
}

impl Service {
    /// Handles a request and applies its fault. A delay has been applied before.
    pub(crate) fn respond(&self, routed: &RoutedRequest, fault: Option<&Fault>) -> (HttpReply, WriteFault) {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let mut entry = LoggedRequest::of(routed.operation(), &routed.request, format!("req_{number:012}"));
        entry.fault = fault.is_some();
        let (reply, write_fault) = match fault.map(|fault| (fault, &fault.kind)) {
            Some((fault, FaultKind::Status { status, body, applied })) => {
                if *applied {
                    self.serve(routed, &mut entry);
                }
                (fault.reply(*status, body.as_ref()), WriteFault::None)
            }
            Some((_, FaultKind::DropBeforeHandling)) => (empty_reply(), WriteFault::Reset),
            Some((_, FaultKind::Garbage(garbage))) => (empty_reply(), WriteFault::Replace(garbage.clone())),
            Some((_, FaultKind::DropAfterHandling)) => (self.serve(routed, &mut entry), WriteFault::Reset),
            Some((_, FaultKind::CutBody)) => (self.serve(routed, &mut entry), WriteFault::Truncate),
            Some((_, FaultKind::Delay(_))) | None => (self.serve(routed, &mut entry), WriteFault::None),
        };
        let is_sent = matches!(write_fault, WriteFault::None | WriteFault::Truncate);
        entry.status = is_sent.then_some(reply.status.as_u16());
        let reply = reply.header(REQUEST_ID, &entry.request_id);
        self.request_log.push(entry, &routed.request);
        (reply, write_fault)
    }

    /// Whether the body of a request is needed: its path and key are valid.
    pub(crate) fn needs_body(&self, routed: &RoutedRequest) -> bool {
        let known = |mut store: MutexGuard<'_, Store>| {
            store.read(|connection| Ok(authenticate(connection, &routed.request).is_ok()))
        };
        // `respond` reports an error of the store.
        routed.resource.is_some() && self.backend.store().and_then(known).unwrap_or(true)
    }

    fn serve(&self, routed: &RoutedRequest, entry: &mut LoggedRequest) -> HttpReply {
        match self.handle(routed, entry) {
            Ok(reply) => reply,
            Err(HandlerError::Refused(reply)) => *reply,
            Err(HandlerError::Storage(error)) => {
                let error = self.backend.named(error);
                let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
                let detail = format!("Internal error of the local platform: {error}{source}");
                HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, &detail)
            }
        }
    }

    /// Checks a request in the order of a Django server (path, key, method, access, body) and executes its operation.
    fn handle(&self, routed: &RoutedRequest, entry: &mut LoggedRequest) -> HandlerResult {
        let RoutedRequest { request, resource } = routed;
        if let Some(body_error) = request.body_error {
            return Err(body_error.reply().into());
        }
        let Some(resource) = resource else { return Err(self.not_found(request).into()) };
        let mut store = self.backend.store()?;
        let Some(operation) = resource.operation(&request.method) else {
            let caller = store.read(|connection| authenticate(connection, request))?;
            entry.user_id = Some(caller.user_id);
            let allow = resource.allow();
            if request.method == Method::OPTIONS {
                return Ok(HttpReply::ok(&json!({})).header(http::header::ALLOW, &allow));
            }
            return Err(HttpReply::method_not_allowed(&request.method, &allow).into());
        };
        let row = operation.row();
        let mut after_commit = Vec::new();
        let work = |connection: &rusqlite::Connection| {
            self.call_handler(connection, &row, request, &resource.ids, entry, &mut after_commit)
        };
        let reply = if row.is_read_only { store.read(work) } else { store.write(work) }?;
        self.backend.finish_commit(&mut store, after_commit);
        Ok(reply)
    }

    fn call_handler(
        &self,
        connection: &rusqlite::Connection,
        row: &Row,
        request: &Request,
        ids: &PathIds,
        entry: &mut LoggedRequest,
        after_commit: &mut Vec<AfterCommit>,
    ) -> HandlerResult {
        let caller = authenticate(connection, request)?;
        entry.user_id = Some(caller.user_id.clone());
        let role = access::caller_role(connection, row.access, &caller, ids)?;
        entry.role.clone_from(&role);
        access::check_role(row.access, role.as_ref())?;
        let now = self.backend.clock.now_in_microseconds();
        let mut call = Call {
            connection,
            errors: row.errors,
            request,
            ids,
            caller: &caller,
            role,
            now,
            options: self.options,
            ignored: Vec::new(),
            after_commit: Vec::new(),
        };
        let result = match call.check_query(row.query) {
            Ok(()) => (row.handler)(&mut call),
            Err(refused) => Err(refused.into()),
        };
        entry.ignored = call.ignored.iter().map(|name| redact_keys(name)).collect();
        *after_commit = call.after_commit;
        result
    }

    /// Replies to an unknown path. If only the slash at its end is missing, the reply is a redirect, as with Django.
    fn not_found(&self, request: &Request) -> HttpReply {
        let slashed = format!("{}/", request.path);
        if !request.path.ends_with('/') && self.router.find(&slashed).is_some() {
            let query = request.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
            return HttpReply::moved(&format!("{slashed}{query}"));
        }
        HttpReply::detail(StatusCode::NOT_FOUND, "Not found.")
    }
}

fn authenticate(connection: &rusqlite::Connection, request: &Request) -> Result<keys::Caller, HandlerError> {
    const INVALID_KEY: &str =
        "Invalid API key. You can find your API key on https://app.mem0.ai/dashboard/api-keys.";
    let key = request.key().map_err(HttpReply::unauthorized)?;
    let caller = keys::find(connection, key)?;
    caller.ok_or_else(|| HttpReply::unauthorized(INVALID_KEY).into())
}

/// Returns a reply that is not sent.
fn empty_reply() -> HttpReply {
    HttpReply::json(StatusCode::OK, &json!({}))
}
