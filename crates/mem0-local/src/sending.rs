//! The HTTP library with which the platform itself asks somebody: that of a flavour.

#[cfg(not(feature = "blocking"))]
pub(crate) use self::send_async as send;
#[cfg(feature = "blocking")]
pub(crate) use self::send_blocking as send;
use crate::config::TransportSettings;
use crate::error::Result;
use crate::request::Request;
use crate::response::Response;

#[cfg(feature = "blocking")]
pub(crate) fn send_blocking(settings: &TransportSettings, request: &Request) -> Result<Response> {
    use crate::blocking::{Transport, Ureq};

    Ureq::new(settings)?.execute(request)
}

/// For a thread that is no runtime's.
#[cfg(all(feature = "async", any(test, not(feature = "blocking"))))]
pub(crate) fn send_async(settings: &TransportSettings, request: &Request) -> Result<Response> {
    use crate::asynchronous::{Reqwest, Transport};
    use crate::error::{Error, Phase};

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::transport(Phase::Connect, error))?;
    runtime.block_on(async { Reqwest::new(settings)?.execute(request).await })
}
