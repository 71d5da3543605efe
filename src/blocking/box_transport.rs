//! The transport of [`MemoryClient`](super::MemoryClient) with its type erased.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Transport, Ureq};
use crate::client::{Request, Response};
use crate::error::Result;

/// Transport of any type, so that clients with different transports have the same type.
///
/// It is the transport of the plain `MemoryClient`. Requests of the default transport are not sent through a pointer
/// and cost nothing more. Clones share the transport.
///
/// ```
/// use mem0::blocking::{BoxTransport, MemoryClient, Ureq};
///
/// let agent = ureq::Agent::config_builder().max_idle_connections(2).build().new_agent();
/// let transport = BoxTransport::from(Ureq::from(agent));
/// let client: MemoryClient = MemoryClient::builder().api_key("m0-key").build_with_transport(transport)?;
/// # Ok::<(), mem0::Error>(())
/// ```
#[derive(Clone)]
pub struct BoxTransport(Kind);

#[derive(Clone)]
enum Kind {
    Ureq(Ureq),
    Other(Arc<dyn ErasedTransport>),
}

/// [`Transport`] without `Clone`, which a trait object can't have.
trait ErasedTransport: Send + Sync {
    fn execute(&self, request: &Request) -> Result<Response>;
    fn sleep(&self, delay: Duration);
}

impl<T: Transport> ErasedTransport for T {
    fn execute(&self, request: &Request) -> Result<Response> {
        Transport::execute(self, request)
    }

    fn sleep(&self, delay: Duration) {
        Transport::sleep(self, delay);
    }
}

impl BoxTransport {
    /// Erases the type of a transport. For a [`Ureq`], use `BoxTransport::from`, which adds no pointer.
    pub fn new(transport: impl Transport) -> Self {
        Self(Kind::Other(Arc::new(transport)))
    }
}

impl From<Ureq> for BoxTransport {
    fn from(transport: Ureq) -> Self {
        Self(Kind::Ureq(transport))
    }
}

impl Transport for BoxTransport {
    fn execute(&self, request: &Request) -> Result<Response> {
        match &self.0 {
            Kind::Ureq(transport) => Transport::execute(transport, request),
            Kind::Other(transport) => transport.execute(request),
        }
    }

    fn sleep(&self, delay: Duration) {
        match &self.0 {
            Kind::Ureq(transport) => Transport::sleep(transport, delay),
            Kind::Other(transport) => transport.sleep(delay),
        }
    }
}

impl fmt::Debug for BoxTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxTransport").finish_non_exhaustive()
    }
}
