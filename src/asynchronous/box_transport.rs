//! The transport of [`MemoryClient`](super::MemoryClient) with its type erased.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::{Reqwest, Transport};
use crate::client::{Request, Response};
use crate::error::Result;

/// Transport of any type, so that clients with different transports have the same type.
///
/// It is the transport of the plain `MemoryClient`. Futures of the default transport are not boxed and cost nothing
/// more; those of another one take one allocation per attempt. Clones share the transport.
///
/// ```
/// use mem0::asynchronous::{BoxTransport, MemoryClient, Reqwest};
///
/// let reqwest = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
/// let transport = BoxTransport::from(Reqwest::from(reqwest));
/// let client: MemoryClient = MemoryClient::builder().api_key("m0-key").build_with_transport(transport)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct BoxTransport(Kind);

#[derive(Clone)]
enum Kind {
    Reqwest(Reqwest),
    Other(Arc<dyn ErasedTransport>),
}

type BoxFuture<'a, V> = Pin<Box<dyn Future<Output = V> + Send + 'a>>;

/// [`Transport`] with boxed futures, and without `Clone`, which a trait object can't have.
trait ErasedTransport: Send + Sync {
    fn execute<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>>;
    fn sleep(&self, delay: Duration) -> BoxFuture<'_, ()>;
}

impl<T: Transport> ErasedTransport for T {
    fn execute<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(Transport::execute(self, request))
    }

    fn sleep(&self, delay: Duration) -> BoxFuture<'_, ()> {
        Box::pin(Transport::sleep(self, delay))
    }
}

impl BoxTransport {
    /// Erases the type of a transport. For a [`Reqwest`], use `BoxTransport::from`, which adds no pointer.
    pub fn new(transport: impl Transport) -> Self {
        Self(Kind::Other(Arc::new(transport)))
    }
}

impl From<Reqwest> for BoxTransport {
    fn from(transport: Reqwest) -> Self {
        Self(Kind::Reqwest(transport))
    }
}

impl Transport for BoxTransport {
    async fn execute(&self, request: &Request) -> Result<Response> {
        match &self.0 {
            Kind::Reqwest(transport) => Transport::execute(transport, request).await,
            Kind::Other(transport) => transport.execute(request).await,
        }
    }

    async fn sleep(&self, delay: Duration) {
        match &self.0 {
            Kind::Reqwest(transport) => Transport::sleep(transport, delay).await,
            Kind::Other(transport) => transport.sleep(delay).await,
        }
    }
}

impl fmt::Debug for BoxTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxTransport").finish_non_exhaustive()
    }
}
