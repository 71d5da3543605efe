//! Async client on [reqwest](https://docs.rs/reqwest), for applications on tokio.
//!
//! [`MemoryClient`] is re-exported as [`mem0::AsyncMemoryClient`](crate::AsyncMemoryClient). Every future is `Send`.

use maybe_async::must_be_async as maybe_async;

/// Text of the documentation that differs between the flavours.
macro_rules! flavour {
    ($blocking:literal, $asynchronous:literal) => {
        $asynchronous
    };
}

#[allow(clippy::duplicate_mod)]
#[path = "../client/api/mod.rs"]
mod api;
mod box_transport;
mod lock;
mod pages;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;
mod transport;
mod workers;

pub use self::api::*;
pub use self::box_transport::BoxTransport;
use self::box_transport::BoxTransport as DefaultTransport;
use self::lock::Lock;
use self::pages::PendingPage;
pub use self::transport::Reqwest;
use self::transport::Reqwest as HttpTransport;
use self::workers::run_workers;
