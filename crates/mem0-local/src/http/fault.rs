//! Faults on demand: what a client has to survive, at the moment of a test's choosing.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::http::router::RoutedRequest;
use crate::lock;
use crate::operations::Operation;
use crate::protocol::reply::HttpReply;

/// Which requests a fault is for.
///
/// ```
/// use mem0_local::{Operation, Route};
///
/// let routes = [Route::any(), Route::method(http::Method::DELETE), Operation::GetProject.into()];
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route(Target);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Any,
    Method(Method),
    Operation(Operation),
}

impl Route {
    /// Every request, those that lead nowhere included.
    pub fn any() -> Self {
        Self(Target::Any)
    }

    /// Requests of that method.
    pub fn method(method: Method) -> Self {
        Self(Target::Method(method))
    }

    /// Requests of that operation.
    pub fn operation(operation: Operation) -> Self {
        Self(Target::Operation(operation))
    }

    fn matches(&self, routed: &RoutedRequest) -> bool {
        match &self.0 {
            Target::Any => true,
            Target::Method(method) => routed.request.method == *method,
            Target::Operation(operation) => routed.operation() == Some(*operation),
        }
    }
}

impl From<Operation> for Route {
    fn from(operation: Operation) -> Self {
        Self::operation(operation)
    }
}

/// Something that goes wrong with a request, once unless [`times`](Self::times) says otherwise.
///
/// ```
/// use std::time::Duration;
/// use mem0_local::{Fault, LocalPlatform, Operation, Route};
///
/// let platform = LocalPlatform::start()?;
/// platform.fail_next(Operation::GetProject, Fault::status(503).header("retry-after", "1").times(2));
/// platform.fail_next(Route::any(), Fault::delay(Duration::from_millis(5)));
/// platform.fail_next(Operation::UpdateProject, Fault::drop_after_handling());
/// # Ok::<(), mem0_local::LocalError>(())
/// ```
///
/// `Debug` shows neither the values of headers nor the body.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a Fault does nothing until it is passed to `fail_next`"]
pub struct Fault {
    pub(crate) kind: FaultKind,
    headers: Vec<(HeaderName, HeaderValue)>,
    times: usize,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Status { status: StatusCode, body: Option<Vec<u8>>, applied: bool },
    Delay(Duration),
    DropBeforeHandling,
    DropAfterHandling,
    CutBody,
    Garbage(Vec<u8>),
}

impl fmt::Debug for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::Status { status, applied, .. } => f
                .debug_struct("Status")
                .field("status", status)
                .field("applied", applied)
                .finish_non_exhaustive(),
            FaultKind::Delay(delay) => f.debug_tuple("Delay").field(delay).finish(),
            FaultKind::DropBeforeHandling => f.write_str("DropBeforeHandling"),
            FaultKind::DropAfterHandling => f.write_str("DropAfterHandling"),
            FaultKind::CutBody => f.write_str("CutBody"),
            FaultKind::Garbage(_) => f.write_str("Garbage"),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&HeaderName> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Fault")
            .field("kind", &self.kind)
            .field("headers", &headers)
            .field("times", &self.times)
            .finish()
    }
}

impl Fault {
    /// An answer with this status in place of the operation's; nothing is carried out. A number that is no
    /// status, or one under 200, which would not be the last word, stands for 500. The body is
    /// `{"detail": …}`.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).ok().filter(|status| !status.is_informational());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::of(FaultKind::Status { status, body: None, applied: false })
    }

    /// The request is served as usual, but only after this time, also if nobody waits for the answer any more.
    pub fn delay(delay: Duration) -> Self {
        Self::of(FaultKind::Delay(delay))
    }

    /// The connection is reset without an answer; nothing is carried out.
    pub fn drop_before_handling() -> Self {
        Self::of(FaultKind::DropBeforeHandling)
    }

    /// The operation is carried out, then the connection is reset without an answer.
    pub fn drop_after_handling() -> Self {
        Self::of(FaultKind::DropAfterHandling)
    }

    /// The operation is carried out, and the connection ends in the middle of the answer's body.
    pub fn cut_body() -> Self {
        Self::of(FaultKind::CutBody)
    }

    /// Bytes that are no HTTP come in place of an answer, then the connection ends; nothing is carried out.
    pub fn garbage() -> Self {
        Self::of(FaultKind::Garbage(b"\x00\xffthis is no HTTP\r\n\r\n".to_vec()))
    }

    fn of(kind: FaultKind) -> Self {
        Self { kind, headers: Vec::new(), times: 1 }
    }

    /// Adds a header to the answer of a [`status`](Self::status) fault, in place of one of that name that
    /// the answer would have had. What can't be a header is left out, and so are `Content-Length` and
    /// `Transfer-Encoding`, which say where the answer ends: [`cut_body`](Self::cut_body) ends it elsewhere.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            && ![CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name)
        {
            self.headers.push((name, value));
        }
        self
    }

    /// The body of a [`status`](Self::status) fault, or the bytes of [`garbage`](Self::garbage).
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        match &mut self.kind {
            FaultKind::Status { body, .. } => *body = Some(bytes.into()),
            FaultKind::Garbage(garbage) => *garbage = bytes.into(),
            _ => {}
        }
        self
    }

    /// Makes a [`status`](Self::status) fault one that comes after the operation was carried out: a 503 that
    /// hides a success.
    pub fn after_handling(mut self) -> Self {
        if let FaultKind::Status { applied, .. } = &mut self.kind {
            *applied = true;
        }
        self
    }

    /// How many requests it is for. 0 is none.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The answer of a status fault.
    pub(crate) fn reply(&self, status: StatusCode, body: Option<&Vec<u8>>) -> HttpReply {
        let reason = status.canonical_reason().unwrap_or("A fault on demand");
        let mut reply = HttpReply::detail(status, reason);
        if let Some(body) = body {
            reply.body = body.clone().into();
        }
        reply.headers.retain(|(name, _)| self.headers.iter().all(|(own, _)| own != name));
        reply.headers.extend(self.headers.iter().cloned());
        reply
    }
}

/// The faults that wait for their request.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: Mutex<Vec<(Route, Fault)>>,
}

impl Faults {
    pub(crate) fn add(&self, route: Route, fault: Fault) {
        lock(&self.waiting).push((route, fault));
    }

    pub(crate) fn clear(&self) {
        lock(&self.waiting).clear();
    }

    /// The oldest fault for this request; it is used up by that.
    pub(crate) fn take(&self, routed: &RoutedRequest) -> Option<Fault> {
        let mut waiting = lock(&self.waiting);
        waiting.retain(|(_, fault)| fault.times > 0);
        let (_, fault) = waiting.iter_mut().find(|(route, _)| route.matches(routed))?;
        fault.times -= 1;
        Some(fault.clone())
    }
}
