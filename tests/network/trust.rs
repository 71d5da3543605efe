//! Trusted certificates, and the errors for untrusted ones.

use std::error::Error as _;

use mem0::Error;
use mem0::client::TlsBackend;
use mem0::error::Phase;

use crate::callers::{Client, FLAVOURS, Settings};
use crate::origin::{Origin, fixture};

const BACKENDS: [Option<TlsBackend>; 3] = [None, Some(TlsBackend::Rustls), Some(TlsBackend::NativeTls)];

fn settings(origin: &Origin, certificates: &[&str], backend: Option<TlsBackend>) -> Settings {
    Settings {
        base_url: format!("https://localhost:{}", origin.address.port()),
        root_certificates: certificates.iter().map(|name| fixture(name)).collect(),
        backend,
        ..Settings::default()
    }
}

#[test]
fn an_added_certificate_is_trusted() {
    for flavour in FLAVOURS {
        for backend in BACKENDS {
            let origin = Origin::https("server");
            for certificates in [&["ca.pem"][..], &["other_ca.pem", "ca.pem"]] {
                let client = Client::new(flavour, &settings(&origin, certificates, backend)).unwrap();
                client.read().unwrap_or_else(|error| panic!("{flavour:?} {backend:?} {error:?}"));
            }
            let bundle = [fixture("other_ca.pem"), fixture("ca.pem")].concat();
            let settings = Settings { root_certificates: vec![bundle], ..settings(&origin, &[], backend) };
            Client::new(flavour, &settings).unwrap().read().unwrap();
        }
    }
}

#[test]
fn an_untrusted_certificate_is_not_retried_and_the_error_explains_it() {
    for (certificate, added, words) in [
        ("server", &[][..], "unknown issuer"),
        ("server", &["other_ca.pem"], "unknown issuer"),
        ("expired", &["ca.pem"], "expired"),
        ("elsewhere", &["ca.pem"], "not valid for this host"),
    ] {
        for flavour in FLAVOURS {
            for backend in BACKENDS {
                let origin = Origin::https(certificate);
                let client = Client::new(flavour, &settings(&origin, added, backend)).unwrap();
                let error = client.read().unwrap_err();
                let Error::Transport(transport) = &error else { panic!("{flavour:?} {error:?}") };
                assert_eq!(transport.phase, Phase::Tls, "{flavour:?} {backend:?} {error:?}");
                assert!(transport.is_certificate_rejected(), "{flavour:?} {backend:?} {error:?}");
                assert!(!error.was_sent() && !error.is_retryable(), "{flavour:?} {backend:?} {error:?}");
                assert_eq!(error.attempts(), 1, "{flavour:?} {backend:?} {error:?}");
                assert_eq!(origin.connections(), 1, "{flavour:?} {backend:?}");
                let shown = error.to_string();
                assert!(shown.contains(&format!("localhost:{}", origin.address.port())), "{shown}");
                assert!(shown.contains(words), "{flavour:?} {backend:?} {shown} {error:?}");
                if words == "unknown issuer" {
                    assert!(
                        shown.contains("system's certificate store") && shown.contains("SSL_CERT_FILE"),
                        "{shown}"
                    );
                }
                let source = transport.source().unwrap().to_string();
                assert!(!shown.contains(&source), "{flavour:?} {backend:?} {shown} / {source}");
            }
        }
    }
}
