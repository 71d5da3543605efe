//! TLS settings: the library, and the certificates it trusts.

use std::fmt;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use std::path::PathBuf;

use crate::error::{Error, Result};

#[cfg(any(feature = "rustls", feature = "native-tls"))]
use rustls_pki_types::{CertificateDer, pem::PemObject};

/// The field that errors about a certificate given to the builder name.
const FIELD: &str = "root_certificate";

/// The library that does TLS.
///
/// Both trust the certificates of the operating system's store. Without a choice, it is rustls where the feature
/// `rustls` is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsBackend {
    /// [rustls](https://docs.rs/rustls). Needs the feature `rustls`.
    Rustls,
    /// The operating system's library: OpenSSL, Secure Transport or Schannel. Needs the feature `native-tls`.
    NativeTls,
}

impl TlsBackend {
    /// The backend of a client that does not choose.
    pub(crate) const fn default_of_features() -> Self {
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

/// The TLS settings of a builder, before they are checked.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings {
    pub(crate) backend: Option<TlsBackend>,
    /// Certificates to trust beside those of the store, in PEM.
    pub(crate) root_certificates: Vec<Vec<u8>>,
}

/// TLS settings of a transport.
#[derive(Debug, Clone)]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub(crate) struct Tls {
    pub(crate) backend: TlsBackend,
    pub(crate) roots: Roots,
}

/// The certificates to trust.
#[derive(Clone)]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub(crate) enum Roots {
    /// Those of the operating system's store, and these.
    System(Vec<CertificateDer<'static>>),
    /// These, and no others.
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
    /// Checks the settings. With `is_needed`, also that there is a TLS library and a certificate to trust: without a
    /// store of the operating system's own, as in a container made from scratch, these are Mozilla's roots.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) fn resolve(&self, is_needed: bool) -> Result<Option<Tls>> {
        let backend = self.checked_backend()?;
        let mut certificates = Vec::new();
        for pem in &self.root_certificates {
            certificates.extend(certificates_of(pem)?);
        }
        if !is_needed {
            return Ok(None);
        }
        Ok(Some(Tls { backend, roots: Roots::new(certificates, system_store_is_empty()?) }))
    }

    /// Refuses settings and URLs that need a TLS library.
    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    pub(crate) fn refuse(&self, is_needed: bool) -> Result<()> {
        self.checked_backend()?;
        if !self.root_certificates.is_empty() {
            return Err(Error::config(FIELD, "needs the feature `rustls` or `native-tls`"));
        }
        if is_needed {
            return Err(Error::config(
                "base_url",
                "is https, which needs the feature `rustls` or `native-tls`",
            ));
        }
        Ok(())
    }

    fn checked_backend(&self) -> Result<TlsBackend> {
        match self.backend {
            None => Ok(TlsBackend::default_of_features()),
            Some(backend) if backend.is_compiled_in() => Ok(backend),
            Some(backend) => {
                let message = format!("{backend:?} needs the feature `{}`", backend.feature());
                Err(Error::config("tls_backend", message))
            }
        }
    }
}

/// The certificates of a PEM text, of which there is at least one.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn certificates_of(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let expected = "expected PEM with `-----BEGIN CERTIFICATE-----`";
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let certificates =
        certificates.map_err(|_| Error::config(FIELD, format!("is not valid PEM; {expected}")))?;
    if certificates.is_empty() {
        return Err(Error::config(FIELD, format!("holds no certificate; {expected}")));
    }
    // The HTTP libraries differ in what they do about others: one fails, one ignores them.
    if certificates.iter().any(|certificate| webpki::anchor_from_trusted_cert(certificate).is_err()) {
        return Err(Error::config(FIELD, "holds what is not a valid X.509 certificate; export it again"));
    }
    Ok(certificates)
}

/// Whether the operating system has no certificate at all. Where it always has a store, nothing is read.
///
/// Fails where `SSL_CERT_FILE` or `SSL_CERT_DIR` names the store and nothing can be read from it: to trust others
/// than those that were named would be wrong.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn system_store_is_empty() -> Result<bool> {
    if cfg!(any(target_vendor = "apple", windows, target_os = "android")) {
        return Ok(false);
    }
    let is_set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(file) = is_set("SSL_CERT_FILE").map(PathBuf::from) {
        let read = rustls_native_certs::load_certs_from_paths(Some(&file), None);
        if read.certs.is_empty() {
            let what = if read.errors.is_empty() { "holds no certificate" } else { "cannot be read as PEM" };
            let message = format!("names {}, which {what}; correct or unset the variable", file.display());
            return Err(Error::config("SSL_CERT_FILE", message));
        }
        return Ok(false);
    }
    if !rustls_native_certs::load_native_certs().certs.is_empty() {
        return Ok(false);
    }
    if is_set("SSL_CERT_DIR").is_some() {
        let message = "names no readable certificate; correct the path, or unset the variable";
        return Err(Error::config("SSL_CERT_DIR", message));
    }
    Ok(true)
}

/// The certificates of the operating system's store, for a library that can't add to them.
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

    fn refused(pem: &[u8]) -> String {
        let settings = TlsSettings { root_certificates: vec![pem.to_vec()], ..TlsSettings::default() };
        settings.resolve(false).unwrap_err().to_string()
    }

    #[test]
    fn a_pem_without_a_whole_certificate_is_refused() {
        for (pem, reason) in [
            ("", "holds no certificate"),
            ("hello", "holds no certificate"),
            ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "holds no certificate"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n", "not valid PEM"),
            ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "not valid PEM"),
            ("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "not a valid X.509"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "not a valid X.509"),
        ] {
            let message = refused(pem.as_bytes());
            assert!(message.contains("root_certificate") && message.contains(reason), "{pem}: {message}");
        }
    }

    #[test]
    fn a_bundle_of_certificates_is_read_whole() {
        let pem = concat!("# a comment\n", include_str!("../../tests/network/certificates/ca.pem")).repeat(2);
        assert_eq!(certificates_of(pem.as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn mozillas_roots_take_the_place_of_a_store_that_is_empty() {
        let added = CertificateDer::from(vec![0x30, 0]);
        assert!(
            matches!(Roots::new(vec![added.clone()], false), Roots::System(all) if all == [added.clone()])
        );
        let Roots::Only(all) = Roots::new(vec![added.clone()], true) else { panic!("the store is empty") };
        assert!(all.contains(&added) && all.len() > 100);
    }

    #[test]
    fn a_backend_that_is_not_compiled_in_is_refused() {
        for backend in [TlsBackend::Rustls, TlsBackend::NativeTls] {
            let settings = TlsSettings { backend: Some(backend), ..TlsSettings::default() };
            match settings.resolve(false) {
                Ok(_) => assert!(backend.is_compiled_in()),
                Err(error) => assert!(error.to_string().contains(backend.feature()), "{error}"),
            }
        }
    }
}
