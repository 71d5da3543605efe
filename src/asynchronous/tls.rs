//! TLS as reqwest is configured for it.

use reqwest::{Certificate, ClientBuilder};

use crate::client::tls::{Roots, Tls, TlsBackend};
use crate::error::{Error, Result};

/// The builder with the backend and the certificates of the settings. The backend is named in any case: which one is
/// reqwest's default depends on the features that other crates turn on.
pub(super) fn configured(builder: ClientBuilder, tls: Option<&Tls>) -> Result<ClientBuilder> {
    let backend = tls.map_or_else(TlsBackend::default_of_features, |tls| tls.backend);
    let builder = match backend {
        #[cfg(feature = "rustls")]
        TlsBackend::Rustls => builder.tls_backend_rustls(),
        #[cfg(feature = "native-tls")]
        TlsBackend::NativeTls => builder.tls_backend_native(),
        #[cfg(not(all(feature = "rustls", feature = "native-tls")))]
        _ => builder,
    };
    Ok(match tls.map(|tls| &tls.roots) {
        // Nothing is verified without TLS, so that the system's certificates need not be read.
        None => builder.tls_certs_only([]),
        Some(Roots::System(added)) => builder.tls_certs_merge(certificates(added)?),
        Some(Roots::Only(all)) => builder.tls_certs_only(certificates(all)?),
    })
}

fn certificates(all: &[impl AsRef<[u8]>]) -> Result<Vec<Certificate>> {
    let invalid =
        |_| Error::config("root_certificate", "holds a certificate that the TLS library does not accept");
    all.iter().map(|der| Certificate::from_der(der.as_ref()).map_err(invalid)).collect()
}
