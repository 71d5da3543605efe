//! TLS configuration of reqwest.

use reqwest::{Certificate, ClientBuilder};

use crate::client::tls::{Roots, Tls, TlsBackend};
use crate::error::{Error, Result};

/// Sets backend and certificates of a builder. The backend is always set, since reqwest's default depends on the
/// features that other crates enable.
pub(super) fn configure_tls(builder: ClientBuilder, tls: Option<&Tls>) -> Result<ClientBuilder> {
    let backend = tls.map_or_else(TlsBackend::default_for_features, |tls| tls.backend);
    let builder = match backend {
        #[cfg(feature = "rustls")]
        TlsBackend::Rustls => builder.tls_backend_rustls(),
        #[cfg(feature = "native-tls")]
        TlsBackend::NativeTls => builder.tls_backend_native(),
        #[cfg(not(all(feature = "rustls", feature = "native-tls")))]
        _ => builder,
    };
    Ok(match tls.map(|tls| &tls.roots) {
        // Without TLS, the system's certificates need not be read.
        None => builder.tls_certs_only([]),
        Some(Roots::System(added)) => builder.tls_certs_merge(certificates(added)?),
        Some(Roots::Only(all)) => builder.tls_certs_only(certificates(all)?),
    })
}

fn certificates(all: &[impl AsRef<[u8]>]) -> Result<Vec<Certificate>> {
    let invalid = |_| {
        Error::config(
            "root_certificate",
            "contains a certificate that the TLS library rejects; export it again",
        )
    };
    all.iter().map(|der| Certificate::from_der(der.as_ref()).map_err(invalid)).collect()
}
