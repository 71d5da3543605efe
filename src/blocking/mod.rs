//! Blocking client on [ureq](https://docs.rs/ureq), for scripts, command-line tools and threads.
//!
//! [`MemoryClient`] is re-exported as [`mem0::MemoryClient`](crate::MemoryClient).

use maybe_async::must_be_sync as maybe_async;

/// Text of the documentation that differs between the flavours.
macro_rules! flavour {
    ($blocking:literal, $asynchronous:literal) => {
        $blocking
    };
}

mod absolute_form;
#[allow(clippy::duplicate_mod)]
#[path = "../client/api/mod.rs"]
mod api;
mod box_transport;
mod connection;
mod connector;
mod lock;
mod pages;
mod phased_error;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;
mod transport;
mod workers;

pub use self::api::*;
pub use self::box_transport::BoxTransport;
use self::box_transport::BoxTransport as DefaultTransport;
use self::lock::Lock;
use self::pages::PendingPage;
pub use self::transport::Ureq;
use self::transport::Ureq as HttpTransport;
use self::workers::run_workers;
