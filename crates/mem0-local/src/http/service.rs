//! From a request to its answer: route, key, access, operation, request log.

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};

use http::{HeaderName, Method, StatusCode};
use serde_json::json;

use crate::handlers::{Call, Options};
use crate::http::access;
use crate::http::fault::{Fault, FaultKind, Faults};
use crate::http::request_log::{LoggedRequest, RequestLog};
use crate::http::router::{RoutedRequest, Router};
use crate::http::socket::Outgoing;
use crate::jobs::backend::Backend;
use crate::operations::Row;
use crate::protocol::path_ids::PathIds;
use crate::protocol::reply::{Answer, Failure, HttpReply};
use crate::protocol::request::Request;
use crate::store::after_commit::AfterCommit;
use crate::store::{Store, keys};
use mem0::redact::redact_keys;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The server's part of the platform, which it shares with the program that holds the platform.
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
    /// Answers a request that had the time of its delay; what becomes of the bytes of the answer.
    pub(crate) fn answer(&self, routed: &RoutedRequest, fault: Option<&Fault>) -> (HttpReply, Outgoing) {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let mut entry = LoggedRequest::of(routed.operation(), &routed.request, format!("req_{number:012}"));
        entry.fault = fault.is_some();
        let (reply, outgoing) = match fault.map(|fault| (fault, &fault.kind)) {
            Some((fault, FaultKind::Status { status, body, applied })) => {
                if *applied {
                    self.serve(routed, &mut entry);
                }
                (fault.reply(*status, body.as_ref()), Outgoing::Sent)
            }
            Some((_, FaultKind::DropBeforeHandling)) => (nothing(), Outgoing::Reset),
            Some((_, FaultKind::Garbage(garbage))) => (nothing(), Outgoing::Replaced(garbage.clone())),
            Some((_, FaultKind::DropAfterHandling)) => (self.serve(routed, &mut entry), Outgoing::Reset),
            Some((_, FaultKind::CutBody)) => (self.serve(routed, &mut entry), Outgoing::Cut),
            Some((_, FaultKind::Delay(_))) | None => (self.serve(routed, &mut entry), Outgoing::Sent),
        };
        let answered = matches!(outgoing, Outgoing::Sent | Outgoing::Cut);
        entry.status = answered.then_some(reply.status.as_u16());
        let reply = reply.header(REQUEST_ID, &entry.request_id);
        self.request_log.push(entry, &routed.request);
        (reply, outgoing)
    }

    /// Whether a body of this request is looked at: it leads somewhere, and its key is known.
    pub(crate) fn reads_body_of(&self, routed: &RoutedRequest) -> bool {
        let known = |mut store: MutexGuard<'_, Store>| {
            store.read(|connection| Ok(authenticate(connection, &routed.request).is_ok()))
        };
        // A store that fails is met again where that is answered.
        routed.resource.is_some() && self.backend.store().and_then(known).unwrap_or(true)
    }

    fn serve(&self, routed: &RoutedRequest, entry: &mut LoggedRequest) -> HttpReply {
        match self.route(routed, entry) {
            Ok(reply) => reply,
            Err(Failure::Refused(reply)) => *reply,
            Err(Failure::Storage(error)) => {
                let error = self.backend.named(error);
                let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
                let detail = format!("The local platform failed: {error}{source}");
                HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, &detail)
            }
        }
    }

    /// The order of a Django server, once there is a body: route, key, method, access, body.
    fn route(&self, routed: &RoutedRequest, entry: &mut LoggedRequest) -> Answer {
        let RoutedRequest { request, resource } = routed;
        if let Some(unread) = request.unread {
            return Err(unread.reply().into());
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
            self.operate(connection, &row, request, &resource.ids, entry, &mut after_commit)
        };
        let reply = if row.is_read_only { store.read(work) } else { store.write(work) }?;
        self.backend.finish_commit(&mut store, after_commit);
        Ok(reply)
    }

    fn operate(
        &self,
        connection: &rusqlite::Connection,
        row: &Row,
        request: &Request,
        ids: &PathIds,
        entry: &mut LoggedRequest,
        after_commit: &mut Vec<AfterCommit>,
    ) -> Answer {
        let caller = authenticate(connection, request)?;
        entry.user_id = Some(caller.user_id.clone());
        let role = access::role(connection, row.access, &caller, ids)?;
        entry.role.clone_from(&role);
        access::decide(row.access, role.as_ref())?;
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
        let answer = match call.check_query(row.query) {
            Ok(()) => (row.handler)(&mut call),
            Err(refused) => Err(refused.into()),
        };
        entry.ignored = call.ignored.iter().map(|name| redact_keys(name)).collect();
        *after_commit = call.after_commit;
        answer
    }

    /// Answers an unknown path: with a redirect where only the slash at its end is missing, as Django does.
    fn not_found(&self, request: &Request) -> HttpReply {
        let slashed = format!("{}/", request.path);
        if !request.path.ends_with('/') && self.router.find(&slashed).is_some() {
            let query = request.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
            return HttpReply::moved(&format!("{slashed}{query}"));
        }
        HttpReply::detail(StatusCode::NOT_FOUND, "Not found.")
    }
}

fn authenticate(connection: &rusqlite::Connection, request: &Request) -> Result<keys::Caller, Failure> {
    const BAD_KEY: &str =
        "Invalid API key. You can find your API key on https://app.mem0.ai/dashboard/api-keys.";
    let key = request.key().map_err(HttpReply::unauthorized)?;
    let caller = keys::find(connection, key)?;
    caller.ok_or_else(|| HttpReply::unauthorized(BAD_KEY).into())
}

/// The answer of which no byte is sent.
fn nothing() -> HttpReply {
    HttpReply::json(StatusCode::OK, &json!({}))
}
