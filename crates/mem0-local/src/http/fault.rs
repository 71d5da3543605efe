//! Faults on demand, for tests of clients.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::http::router::RoutedRequest;
use crate::lock;
use crate::operations::Operation;
use crate::protocol::reply::HttpReply;

/// Requests that a fault applies to.
///
/// ```
/// use mem0_local::{Operation, Route};
///
/// let routes = [Route::any(), Route::method(http::Method::DELETE), Operation::GetProject.into()];
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route(RouteKind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum RouteKind {
    Any,
    Method(Method),
    Operation(Operation),
}

impl Route {
    /// Matches every request, including those to unknown paths.
    pub fn any() -> Self {
        Self(RouteKind::Any)
    }

    /// Matches requests with a method.
    pub fn method(method: Method) -> Self {
        Self(RouteKind::Method(method))
    }

    /// Matches requests of an operation.
    pub fn operation(operation: Operation) -> Self {
        Self(RouteKind::Operation(operation))
    }

    fn matches(&self, routed: &RoutedRequest) -> bool {
        match &self.0 {
            RouteKind::Any => true,
            RouteKind::Method(method) => routed.request.method == *method,
            RouteKind::Operation(operation) => routed.operation() == Some(*operation),
        }
    }
}

impl From<Operation> for Route {
    fn from(operation: Operation) -> Self {
        Self::operation(operation)
    }
}

/// Fault of one request, or of several with [`times`](Self::times).
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
/// `Debug` omits header values and the body.
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
    /// Responds with this status and the body `{"detail": …}`, without executing the operation. An invalid or
    /// informational (1xx) status becomes 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).ok().filter(|status| !status.is_informational());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::of(FaultKind::Status { status, body: None, applied: false })
    }

    /// Delays the request, then serves it as usual, even if the client has disconnected.
    pub fn delay(delay: Duration) -> Self {
        Self::of(FaultKind::Delay(delay))
    }

    /// Resets the connection without a response and without executing the operation.
    pub fn drop_before_handling() -> Self {
        Self::of(FaultKind::DropBeforeHandling)
    }

    /// Executes the operation, then resets the connection without a response.
    pub fn drop_after_handling() -> Self {
        Self::of(FaultKind::DropAfterHandling)
    }

    /// Executes the operation, then closes the connection in the middle of the response body.
    pub fn cut_body() -> Self {
        Self::of(FaultKind::CutBody)
    }

    /// Sends bytes that are not valid HTTP and closes the connection, without executing the operation.
    pub fn garbage() -> Self {
        Self::of(FaultKind::Garbage(b"\x00\xffthis is not HTTP\r\n\r\n".to_vec()))
    }

    fn of(kind: FaultKind) -> Self {
        Self { kind, headers: Vec::new(), times: 1 }
    }

    /// Adds a header to the response of a [`status`](Self::status) fault, and replaces a default header of the same name.
    ///
    /// An invalid header is ignored. So are `Content-Length` and `Transfer-Encoding`; for a response that is too short,
    /// use [`cut_body`](Self::cut_body).
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            && ![CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name)
        {
            self.headers.push((name, value));
        }
        self
    }

    /// Sets the body of a [`status`](Self::status) fault, or the bytes of [`garbage`](Self::garbage).
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        match &mut self.kind {
            FaultKind::Status { body, .. } => *body = Some(bytes.into()),
            FaultKind::Garbage(garbage) => *garbage = bytes.into(),
            _ => {}
        }
        self
    }

    /// Executes the operation before a [`status`](Self::status) fault, such as a 503 that hides a success.
    pub fn after_handling(mut self) -> Self {
        if let FaultKind::Status { applied, .. } = &mut self.kind {
            *applied = true;
        }
        self
    }

    /// Sets the number of requests the fault applies to. With 0 it applies to none.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Returns the reply of a status fault.
    pub(crate) fn reply(&self, status: StatusCode, body: Option<&Vec<u8>>) -> HttpReply {
        let reason = status.canonical_reason().unwrap_or("Fault on demand");
        let mut reply = HttpReply::detail(status, reason);
        if let Some(body) = body {
            reply.body = body.clone().into();
        }
        reply.headers.retain(|(name, _)| self.headers.iter().all(|(own, _)| own != name));
        reply.headers.extend(self.headers.iter().cloned());
        reply
    }
}

/// Faults that have not been applied yet.
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

    /// Takes the oldest fault for a request.
    pub(crate) fn take(&self, routed: &RoutedRequest) -> Option<Fault> {
        let mut waiting = lock(&self.waiting);
        waiting.retain(|(_, fault)| fault.times > 0);
        let (_, fault) = waiting.iter_mut().find(|(route, _)| route.matches(routed))?;
        fault.times -= 1;
        Some(fault.clone())
    }
}
