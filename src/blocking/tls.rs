//! TLS configuration of ureq.

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use crate::client::tls::{Roots, Tls, TlsBackend, system_certificates};

pub(super) fn tls_config(tls: &Tls) -> TlsConfig {
    let provider = match tls.backend {
        TlsBackend::Rustls => TlsProvider::Rustls,
        TlsBackend::NativeTls => TlsProvider::NativeTls,
    };
    let roots = match &tls.roots {
        Roots::System(added) if added.is_empty() => RootCerts::PlatformVerifier,
        // ureq uses either the platform's verifier or a list of certificates.
        Roots::System(added) => certificates([system_certificates(), added.clone()].concat()),
        Roots::Only(all) => certificates(all.clone()),
    };
    TlsConfig::builder().provider(provider).root_certs(roots).build()
}

fn certificates(all: Vec<impl AsRef<[u8]>>) -> RootCerts {
    let all: Vec<_> = all.iter().map(|der| Certificate::from_der(der.as_ref()).to_owned()).collect();
    RootCerts::new_with_certs(&all)
}
