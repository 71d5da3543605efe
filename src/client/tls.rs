//! TLS settings: library and trusted certificates.

use std::fmt;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use std::path::PathBuf;

use crate::error::{Error, Result};

#[cfg(any(feature = "rustls", feature = "native-tls"))]
use rustls_pki_types::{CertificateDer, pem::PemObject};

/// Field name of errors about a certificate of the builder.
const FIELD: &str = "root_certificate";

/// TLS library.
///
/// Both trust the certificates of the operating system's store. The default is rustls if the feature `rustls` is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsBackend {
    /// [rustls](https://docs.rs/rustls). Needs the feature `rustls`.
    Rustls,
    /// The operating system's library: OpenSSL, Secure Transport or Schannel. Needs the feature `native-tls`.
    NativeTls,
}

impl TlsBackend {
    /// Default backend for the enabled features.
    pub(crate) const fn default_for_features() -> Self {
        if cfg!(feature = "rustls") { Self::Rustls } else { Self::NativeTls }
    }

    const fn feature(self) -> &'static str {
        match self {
            Self::Rustls => "rustls",
            Self::NativeTls => "native-tls",
        }
    }

    const fn is_compiled_in(self) -> bool {
        match self {
            Self::Rustls => cfg!(feature = "rustls"),
            Self::NativeTls => cfg!(feature = "native-tls"),
        }
    }
}

/// Unchecked TLS settings of a builder.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings {
    pub(crate) backend: Option<TlsBackend>,
    /// Certificates to trust in addition to those of the store, in PEM.
    pub(crate) root_certificates: Vec<Vec<u8>>,
}

/// TLS settings of a transport.
#[derive(Debug, Clone)]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub(crate) struct Tls {
    pub(crate) backend: TlsBackend,
    pub(crate) roots: Roots,
}

/// Trusted certificates.
#[derive(Clone)]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub(crate) enum Roots {
    /// The certificates of the operating system's store, and these.
    System(Vec<CertificateDer<'static>>),
    /// Only these certificates.
    Only(Vec<CertificateDer<'static>>),
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
impl Roots {
    fn new(mut added: Vec<CertificateDer<'static>>, system_store_is_empty: bool) -> Self {
        if !system_store_is_empty {
            return Self::System(added);
        }
        added.extend(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        Self::Only(added)
    }
}

impl TlsSettings {
    /// Checks the settings. With `is_needed`, also chooses the certificates to trust: without a certificate store of
    /// the operating system, as in a container built from scratch, these are Mozilla's roots.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) fn resolve(&self, is_needed: bool) -> Result<Option<Tls>> {
        let backend = self.checked_backend()?;
        let mut certificates = Vec::new();
        for pem in &self.root_certificates {
            certificates.extend(parse_certificates(pem)?);
        }
        if !is_needed {
            return Ok(None);
        }
        Ok(Some(Tls { backend, roots: Roots::new(certificates, system_store_is_empty()?) }))
    }

    /// Rejects settings and URLs that need a TLS library.
    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    pub(crate) fn reject(&self, is_needed: bool) -> Result<()> {
        self.checked_backend()?;
        if !self.root_certificates.is_empty() {
            return Err(Error::config(FIELD, "needs TLS; enable the feature `rustls` or `native-tls`"));
        }
        if is_needed {
            return Err(Error::config(
                "base_url",
                "is https, which needs TLS; enable the feature `rustls` or `native-tls`",
            ));
        }
        Ok(())
    }

    fn checked_backend(&self) -> Result<TlsBackend> {
        match self.backend {
            None => Ok(TlsBackend::default_for_features()),
            Some(backend) if backend.is_compiled_in() => Ok(backend),
            Some(backend) => {
                let message = format!(
                    "is {backend:?}, which is not compiled in; enable the feature `{}`",
                    backend.feature()
                );
                Err(Error::config("tls_backend", message))
            }
        }
    }
}

/// Parses the certificates of a PEM text, which must contain at least one.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn parse_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let expected = "expected PEM with `-----BEGIN CERTIFICATE-----`";
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let certificates =
        certificates.map_err(|_| Error::config(FIELD, format!("is not valid PEM; {expected}")))?;
    if certificates.is_empty() {
        return Err(Error::config(FIELD, format!("contains no certificate; {expected}")));
    }
    // On an invalid certificate, one HTTP library fails and the other ignores it.
    if certificates.iter().any(|certificate| webpki::anchor_from_trusted_cert(certificate).is_err()) {
        return Err(Error::config(FIELD, "contains a certificate that is not valid X.509; export it again"));
    }
    Ok(certificates)
}

/// Whether the operating system's store has no certificate. Nothing is read on systems that always have a store.
///
/// Fails if `SSL_CERT_FILE` or `SSL_CERT_DIR` is set and no certificate can be read from it: trusting other
/// certificates than those of the user would be wrong.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn system_store_is_empty() -> Result<bool> {
    if cfg!(any(target_vendor = "apple", windows, target_os = "android")) {
        return Ok(false);
    }
    let is_set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(file) = is_set("SSL_CERT_FILE").map(PathBuf::from) {
        let read = rustls_native_certs::load_certs_from_paths(Some(&file), None);
        if read.certs.is_empty() {
            let what =
                if read.errors.is_empty() { "contains no certificate" } else { "cannot be read as PEM" };
            let message = format!("is {}, which {what}; correct or unset the variable", file.display());
            return Err(Error::config("SSL_CERT_FILE", message));
        }
        return Ok(false);
    }
    if !rustls_native_certs::load_native_certs().certs.is_empty() {
        return Ok(false);
    }
    if is_set("SSL_CERT_DIR").is_some() {
        let message = "contains no readable certificate; correct or unset the variable";
        return Err(Error::config("SSL_CERT_DIR", message));
    }
    Ok(true)
}

/// Certificates of the operating system's store, for a library that cannot add to the store.
#[cfg(all(feature = "blocking", any(feature = "rustls", feature = "native-tls")))]
pub(crate) fn system_certificates() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("backend", &self.backend)
            .field("root_certificates", &self.root_certificates.len())
            .finish()
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(certificates) => write!(f, "System(+{})", certificates.len()),
            Self::Only(certificates) => write!(f, "Only({})", certificates.len()),
        }
    }
}

#[cfg(all(test, any(feature = "rustls", feature = "native-tls")))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn rejected(pem: &[u8]) -> String {
        let settings = TlsSettings { root_certificates: vec![pem.to_vec()], ..TlsSettings::default() };
        settings.resolve(false).unwrap_err().to_string()
    }

    #[test]
    fn invalid_pem_is_rejected() {
        for (pem, reason) in [
            ("", "contains no certificate"),
            ("hello", "contains no certificate"),
            ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "contains no certificate"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n", "not valid PEM"),
            ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "not valid PEM"),
            ("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "not valid X.509"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "not valid X.509"),
        ] {
            let message = rejected(pem.as_bytes());
            assert!(message.contains("root_certificate") && message.contains(reason), "{pem}: {message}");
        }
    }

    #[test]
    fn all_parse_certificates_a_bundle_are_read() {
        let pem = concat!("# a comment\n", include_str!("../../tests/network/certificates/ca.pem")).repeat(2);
        assert_eq!(parse_certificates(pem.as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn mozillas_roots_replace_an_empty_store() {
        let added = CertificateDer::from(vec![0x30, 0]);
        assert!(
            matches!(Roots::new(vec![added.clone()], false), Roots::System(all) if all == [added.clone()])
        );
        let Roots::Only(all) = Roots::new(vec![added.clone()], true) else { panic!("the store is empty") };
        assert!(all.contains(&added) && all.len() > 100);
    }

    #[test]
    fn backends_that_are_not_compiled_in_are_rejected() {
        for backend in [TlsBackend::Rustls, TlsBackend::NativeTls] {
            let settings = TlsSettings { backend: Some(backend), ..TlsSettings::default() };
            match settings.resolve(false) {
                Ok(_) => assert!(backend.is_compiled_in()),
                Err(error) => assert!(error.to_string().contains(backend.feature()), "{error}"),
            }
        }
    }
}
