//! Invalid proxies and certificates, rejected when the client is built.

use mem0::Error;

use crate::callers::{Client, FLAVOURS, Settings};
use crate::origin::{Origin, fixture};

fn rejected(settings: &Settings) -> Vec<(&'static str, String)> {
    let refused = |flavour| match Client::new(flavour, settings) {
        Err(Error::Config { field, message, .. }) => (field, message),
        Err(error) => panic!("{flavour:?} {settings:?} {error:?}"),
        Ok(_) => panic!("{flavour:?} {settings:?} was built"),
    };
    FLAVOURS.into_iter().map(refused).collect()
}

#[test]
fn invalid_proxy_urls_are_rejected() {
    let origin = Origin::http();
    for proxy in [
        "",
        "http://",
        "gopher://127.0.0.1",
        "http://ann:hunter2@127.0.0.1:70000",
        "http://ann:hunter2@127.0.0.1:x",
        "http://ann:hunter2%@127.0.0.1:1",
        "http://ann:hunter2@127.0.0.1:1/path",
    ] {
        let settings = Settings {
            base_url: format!("http://{}", origin.address),
            proxy: Some(proxy.to_owned()),
            ..Settings::default()
        };
        for (field, message) in rejected(&settings) {
            assert_eq!(field, "proxy", "{proxy}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn an_https_proxy_is_rejected_for_http_base_urls() {
    let settings = Settings {
        base_url: "http://mem0.test".to_owned(),
        proxy: Some("https://proxy.example".to_owned()),
        ..Settings::default()
    };
    for (field, message) in rejected(&settings) {
        assert!(field == "proxy" && message.contains("https"), "{message}");
    }
}

#[test]
fn invalid_certificates_are_rejected() {
    let key = String::from_utf8(fixture("server.key")).unwrap();
    let damaged = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    for pem in ["", "hello", &key, "-----BEGIN CERTIFICATE-----\n", damaged] {
        for base_url in ["https://mem0.test", "http://127.0.0.1:1"] {
            let settings = Settings {
                base_url: base_url.to_owned(),
                root_certificates: vec![fixture("ca.pem"), pem.as_bytes().to_vec()],
                ..Settings::default()
            };
            for (field, message) in rejected(&settings) {
                assert_eq!(field, "root_certificate", "{pem}: {message}");
                assert!(message.contains("certificate") || message.contains("PEM"), "{pem}: {message}");
            }
        }
    }
}
