//! HTTP proxies.

use std::error::Error as _;
use std::net::TcpListener;
use std::time::Duration;

use mem0::Error;
use mem0::error::{Phase, TimeoutKind};

use crate::callers::{Client, FLAVOURS, Flavour, Settings};
use crate::origin::{Origin, fixture, header};
use crate::proxy::{Proxy, Rules};

/// `ann:p@ss%w:rd`, encoded for a URL and for a header.
const USERINFO: &str = "ann:p%40ss%25w%3Ard@";
const BASIC: &str = "Basic YW5uOnBAc3MldzpyZA==";

fn http(proxy: &Proxy, userinfo: &str) -> Settings {
    Settings {
        base_url: "http://mem0.test:8000/base".to_owned(),
        proxy: Some(proxy.url("http", userinfo)),
        ..Settings::default()
    }
}

fn https(proxy: &Proxy, userinfo: &str) -> Settings {
    Settings {
        base_url: "https://mem0.test/base".to_owned(),
        root_certificates: vec![fixture("ca.pem")],
        ..http(proxy, userinfo)
    }
}

#[test]
fn plain_requests_are_forwarded_in_absolute_form() {
    for flavour in FLAVOURS {
        let origin = Origin::http();
        let proxy = Proxy::http(origin.address, Rules { forbids_connect: true, ..Rules::default() });
        let client = Client::new(flavour, &http(&proxy, "")).unwrap();
        client.read().unwrap();
        client.write().unwrap();
        let lines: Vec<String> =
            proxy.seen().iter().map(|head| head.lines().next().unwrap().to_owned()).collect();
        assert_eq!(
            lines,
            [
                "GET http://mem0.test:8000/base/v1/ping/?email=ann%40example.com HTTP/1.1",
                "POST http://mem0.test:8000/base/api/v1/orgs/organizations/ HTTP/1.1"
            ],
            "{flavour:?}"
        );
        for head in proxy.seen() {
            assert_eq!(header(&head, "host"), Some("mem0.test:8000"), "{flavour:?}");
            assert_eq!(header(&head, "authorization"), Some("Token m0-secret-key"), "{flavour:?}");
        }
        assert_eq!(origin.heads().len(), 2, "{flavour:?}");
    }
}

#[test]
fn a_large_body_is_forwarded_completely() {
    for flavour in FLAVOURS {
        let origin = Origin::http();
        let proxy = Proxy::http(origin.address, Rules::default());
        let client = Client::new(flavour, &http(&proxy, "")).unwrap();
        let name = "x".repeat(300_000);
        match &client {
            Client::Blocking(client) => client.organizations().create(&name).map(drop),
            Client::Async(client, runtime) => {
                runtime.block_on(client.organizations().create(&name)).map(drop)
            }
        }
        .unwrap();
        let length: usize = header(&origin.heads()[0], "content-length").unwrap().parse().unwrap();
        assert!(length > 300_000, "{flavour:?}");
    }
}

#[test]
fn https_requests_use_a_tunnel() {
    for flavour in FLAVOURS {
        let origin = Origin::https("server");
        let proxy = Proxy::http(origin.address, Rules::default());
        let client = Client::new(flavour, &https(&proxy, "")).unwrap();
        client.read().unwrap();
        client.write().unwrap();
        let seen = proxy.seen();
        assert_eq!(seen.len(), 1, "one tunnel serves both: {flavour:?} {seen:?}");
        assert!(seen[0].starts_with("CONNECT mem0.test:443 HTTP/1.1\r\n"), "{flavour:?} {seen:?}");
        assert!(!seen[0].contains("m0-secret-key"), "the key is for the server: {flavour:?}");
        assert_eq!(origin.heads().len(), 2, "{flavour:?}");
    }
}

#[test]
fn credentials_are_sent_to_the_proxy_only() {
    let rules = Rules { credentials: Some(BASIC), ..Rules::default() };
    for flavour in FLAVOURS {
        let origin = Origin::http();
        let proxy = Proxy::http(origin.address, rules);
        let client = Client::new(flavour, &http(&proxy, USERINFO)).unwrap();
        client.read().unwrap();
        client.write().unwrap();
        assert!(origin.heads().iter().all(|head| header(head, "proxy-authorization").is_none()));

        let origin = Origin::https("server");
        let proxy = Proxy::http(origin.address, rules);
        let client = Client::new(flavour, &https(&proxy, USERINFO)).unwrap();
        client.read().unwrap();
        assert_eq!(header(&proxy.seen()[0], "proxy-authorization"), Some(BASIC), "{flavour:?}");
        assert!(origin.heads().iter().all(|head| header(head, "proxy-authorization").is_none()));
    }
}

/// Checks that an error of the proxy counts as not sent, so that even a write is retried, and that it names the proxy
/// and shows no password.
fn check_proxy_error(proxy: &Proxy, settings: &Settings, attempts: u32, words: &str) {
    for flavour in FLAVOURS {
        let client = Client::new(flavour, settings).unwrap();
        let before = proxy.seen().len();
        let error = client.write().unwrap_err();
        let Error::Transport(transport) = &error else { panic!("{flavour:?} {error:?}") };
        assert_eq!(transport.phase, Phase::Proxy, "{flavour:?} {error:?}");
        assert_eq!(transport.endpoint, Some(proxy.endpoint()), "{flavour:?} {error:?}");
        assert!(!error.was_sent() && error.is_retryable(), "{flavour:?} {error:?}");
        assert_eq!(error.attempts(), attempts, "{flavour:?} {error:?}");
        assert_eq!(proxy.seen().len() - before, attempts as usize, "{flavour:?}");
        let shown = format!("{error} {error:?} {:?}", error.source().map(ToString::to_string));
        assert!(shown.contains(&proxy.endpoint()) && shown.contains(words), "{flavour:?} {shown}");
        for secret in ["p@ss", "p%40ss", "YW5uOn", "m0-secret-key"] {
            assert!(!shown.contains(secret), "{flavour:?} {shown}");
        }
    }
}

#[test]
fn an_authentication_error_names_the_proxy() {
    let origin = Origin::http();
    let rules = Rules { credentials: Some("Basic b3RoZXI6b3RoZXI="), ..Rules::default() };
    for userinfo in ["", USERINFO] {
        let proxy = Proxy::http(origin.address, rules);
        check_proxy_error(&proxy, &https(&proxy, userinfo), 3, "authentication required (407)");
        let proxy = Proxy::http(origin.address, rules);
        check_proxy_error(&proxy, &http(&proxy, userinfo), 3, "authentication required (407)");
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn a_rejected_tunnel_names_the_proxy() {
    let origin = Origin::http();
    for status in [403, 502, 503] {
        let proxy = Proxy::http(origin.address, Rules { refuses: Some(status), ..Rules::default() });
        check_proxy_error(&proxy, &https(&proxy, USERINFO), 3, "to ");
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn an_error_status_for_a_forwarded_request_is_the_platforms() {
    // The 502 may come from the proxy or from a gateway behind it: the request may have been carried out.
    for flavour in FLAVOURS {
        let origin = Origin::http();
        let proxy = Proxy::http(origin.address, Rules { refuses: Some(502), ..Rules::default() });
        let error = Client::new(flavour, &http(&proxy, "")).unwrap().write().unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(502), "{flavour:?} {error:?}");
        assert!(error.was_sent() && error.attempts() == 1, "{flavour:?} {error:?}");
    }
}

#[test]
fn an_unreachable_proxy_is_named_and_not_bypassed() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let origin = Origin::http();
    for base_url in
        ["https://mem0.test".to_owned(), "http://mem0.test".to_owned(), format!("http://{}", origin.address)]
    {
        for proxy in ["http", "socks5h"] {
            for flavour in FLAVOURS {
                let settings = Settings {
                    base_url: base_url.clone(),
                    proxy: Some(format!("{proxy}://{USERINFO}127.0.0.1:{port}")),
                    ..Settings::default()
                };
                let error = Client::new(flavour, &settings).unwrap().write().unwrap_err();
                let Error::Transport(transport) = &error else { panic!("{flavour:?} {error:?}") };
                assert_eq!(transport.phase, Phase::Proxy, "{flavour:?} {base_url} {proxy} {error:?}");
                assert!(!error.was_sent() && error.attempts() == 3, "{flavour:?} {error:?}");
                // reqwest does not report why connecting to a SOCKS proxy failed.
                let is_told = (flavour, proxy) != (Flavour::Async, "socks5h");
                let named =
                    format!("127.0.0.1:{port}{}", if is_told { ": the connection was refused" } else { "" });
                assert!(error.to_string().contains(&named), "{flavour:?} {base_url} {proxy} {error}");
                assert!(!format!("{error:?}").contains("p@ss"), "{error:?}");
            }
        }
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn a_proxy_timeout_names_the_proxy() {
    // Connections stay in the listener's backlog.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = silent.local_addr().unwrap().to_string();
    for flavour in FLAVOURS {
        let settings = Settings {
            base_url: "https://mem0.test".to_owned(),
            proxy: Some(format!("http://{endpoint}")),
            connect_timeout: Some(Duration::from_millis(200)),
            ..Settings::default()
        };
        let error = Client::new(flavour, &settings).unwrap().write().unwrap_err();
        let Error::Timeout(timeout) = &error else { panic!("{flavour:?} {error:?}") };
        assert_eq!(
            (timeout.kind, timeout.endpoint.as_ref()),
            (TimeoutKind::Connect, Some(&endpoint)),
            "{flavour:?}"
        );
        assert!(error.to_string().contains(&endpoint) && !error.was_sent(), "{flavour:?} {error}");
        assert_eq!(error.attempts(), 3, "{flavour:?} {error:?}");
    }
}

#[test]
fn an_unresolvable_proxy_is_named() {
    for flavour in FLAVOURS {
        for base_url in ["https://mem0.test", "http://mem0.test"] {
            let settings = Settings {
                base_url: base_url.to_owned(),
                proxy: Some("http://proxy.invalid:3128".to_owned()),
                ..Settings::default()
            };
            let error = Client::new(flavour, &settings).unwrap().read().unwrap_err();
            let Error::Transport(transport) = &error else { panic!("{flavour:?} {error:?}") };
            assert_eq!(transport.phase, Phase::Proxy, "{flavour:?} {error:?}");
            assert!(error.to_string().contains("proxy.invalid:3128"), "{flavour:?} {error}");
        }
    }
}

#[test]
fn an_error_inside_the_tunnel_is_not_the_proxys() {
    for flavour in FLAVOURS {
        let origin = Origin::https("server");
        let proxy = Proxy::http(origin.address, Rules::default());
        let settings = Settings { root_certificates: vec![fixture("other_ca.pem")], ..https(&proxy, "") };
        let error = Client::new(flavour, &settings).unwrap().write().unwrap_err();
        let Error::Transport(transport) = &error else { panic!("{flavour:?} {error:?}") };
        assert_eq!(transport.phase, Phase::Tls, "{flavour:?} {error:?}");
        assert_eq!(transport.endpoint.as_deref(), Some("mem0.test:443"), "{flavour:?} {error:?}");
        assert_eq!((error.was_sent(), error.attempts()), (false, 1), "{flavour:?} {error:?}");
    }
}
