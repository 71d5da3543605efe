//! HTTP clients of the caller, which keep their proxies and certificates.

use std::net::TcpListener;

use mem0::asynchronous;
use mem0::blocking;
use mem0::error::Phase;
use mem0::{AsyncMemoryClient, Error, MemoryClient};

use crate::callers::runtime;
use crate::origin::{Origin, fixture};
use crate::proxy::{Proxy, Rules};

fn by_agent(url: &str, config: ureq::config::Config) -> Result<(), Error> {
    let builder = MemoryClient::builder().api_key("m0-secret-key").base_url(url).allow_plaintext(true);
    let client = builder.build_with_transport(blocking::Ureq::from(config.new_agent())).unwrap();
    client.organizations().create("Acme").map(drop)
}

fn by_client(url: &str, client: reqwest::ClientBuilder) -> Result<(), Error> {
    let builder = AsyncMemoryClient::builder().api_key("m0-secret-key").base_url(url).allow_plaintext(true);
    let client = builder.build_with_transport(asynchronous::Reqwest::from(client.build().unwrap())).unwrap();
    runtime().block_on(client.organizations().create("Acme")).map(drop)
}

fn phase(error: &Error) -> Phase {
    let Error::Transport(error) = error else { panic!("{error:?}") };
    error.phase
}

#[test]
fn an_untrusted_certificate_is_not_retried() {
    for certificate in ["server", "expired"] {
        let origin = Origin::https(certificate);
        let url = format!("https://localhost:{}", origin.address.port());
        let errors = [
            by_agent(&url, ureq::Agent::config_builder().proxy(None).build()).unwrap_err(),
            by_client(&url, reqwest::Client::builder().no_proxy()).unwrap_err(),
            by_client(&url, reqwest::Client::builder().no_proxy().tls_backend_native()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(phase(&error), Phase::Tls, "{error:?}");
            assert_eq!((error.was_sent(), error.attempts()), (false, 1), "{error:?}");
            assert!(error.to_string().contains(&format!("localhost:{}", origin.address.port())), "{error}");
        }
        assert_eq!(origin.connections(), 3);
    }
}

#[test]
fn custom_clients_keep_their_certificates() {
    let origin = Origin::https("server");
    let url = format!("https://localhost:{}", origin.address.port());
    let ca = ureq::tls::Certificate::from_pem(&fixture("ca.pem")).unwrap();
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::new_with_certs(&[ca])).build();
    by_agent(&url, ureq::Agent::config_builder().proxy(None).tls_config(tls).build()).unwrap();
    let ca = reqwest::Certificate::from_pem(&fixture("ca.pem")).unwrap();
    by_client(&url, reqwest::Client::builder().no_proxy().tls_certs_merge([ca])).unwrap();
}

#[test]
fn custom_clients_keep_their_proxies() {
    let origin = Origin::http();
    for status in [None, Some(407), Some(502)] {
        let proxy = Proxy::http(origin.address, Rules { refuses: status, ..Rules::default() });
        // ureq uses CONNECT with every scheme.
        let agent =
            ureq::Agent::config_builder().proxy(Some(ureq::Proxy::new(&proxy.url("http", "")).unwrap()));
        let blocking = by_agent("http://mem0.test", agent.build());
        let client = reqwest::Client::builder().proxy(reqwest::Proxy::all(proxy.url("http", "")).unwrap());
        if status.is_none() {
            blocking.unwrap();
            by_client("http://mem0.test", client).unwrap();
        } else {
            let by_client = by_client("https://mem0.test", client).unwrap_err();
            for (error, endpoint) in [(blocking.unwrap_err(), Some(proxy.endpoint())), (by_client, None)] {
                assert_eq!(phase(&error), Phase::Proxy, "{error:?}");
                let Error::Transport(transport) = &error else { panic!("{error:?}") };
                assert_eq!(transport.endpoint, endpoint, "{error:?}");
                assert!(!error.was_sent(), "{error:?}");
            }
        }
        assert!(!proxy.seen().is_empty());
    }
}

#[test]
fn a_refused_connection_is_reported_with_host_and_port() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://127.0.0.1:{port}");
        let errors = [
            by_agent(&url, ureq::Agent::config_builder().proxy(None).build()).unwrap_err(),
            by_client(&url, reqwest::Client::builder().no_proxy()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(phase(&error), Phase::Connect, "{error:?}");
            assert!(
                error.to_string().contains(&format!("127.0.0.1:{port}: the connection was refused")),
                "{error}"
            );
        }
    }
}
