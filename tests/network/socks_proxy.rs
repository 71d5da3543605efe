//! SOCKS proxies.

use mem0::Error;
use mem0::error::Phase;

use crate::callers::{Client, FLAVOURS, Settings};
use crate::origin::{Origin, fixture};
use crate::proxy::{Proxy, Rules};

fn settings(base_url: &str, proxy: String) -> Settings {
    Settings {
        base_url: base_url.to_owned(),
        proxy: Some(proxy),
        root_certificates: vec![fixture("ca.pem")],
        ..Settings::default()
    }
}

#[test]
fn names_are_resolved_by_the_proxy_or_by_this_machine() {
    for (scheme, host, asked) in [
        ("socks5h", "mem0.test", "mem0.test"),
        ("socks5", "localhost", "127.0.0.1"),
        ("socks5", "127.0.0.1", "127.0.0.1"),
    ] {
        for flavour in FLAVOURS {
            let origin = Origin::https("server");
            let proxy = Proxy::socks5(origin.address, Rules::default());
            let client =
                Client::new(flavour, &settings(&format!("https://{host}:4430"), proxy.url(scheme, "")))
                    .unwrap();
            client.read().unwrap();
            client.write().unwrap();
            let seen = proxy.seen();
            // `localhost` may be an IPv6 address.
            assert!(
                seen.len() == 1 && (seen[0] == format!("{asked}:4430") || host == "localhost"),
                "{flavour:?} {seen:?}"
            );

            let origin = Origin::http();
            let proxy = Proxy::socks5(origin.address, Rules::default());
            let client =
                Client::new(flavour, &settings(&format!("http://{host}:4430"), proxy.url(scheme, "")))
                    .unwrap();
            client.read().unwrap();
            let heads = origin.heads();
            assert!(heads[0].starts_with("GET /v1/ping/?email="), "origin form: {flavour:?} {heads:?}");
        }
    }
}

#[test]
fn credentials_of_the_url_are_sent() {
    let rules = Rules { credentials: Some("ann:p@ss%w:rd"), ..Rules::default() };
    for flavour in FLAVOURS {
        let origin = Origin::http();
        let proxy = Proxy::socks5(origin.address, rules);
        let url = proxy.url("socks5h", "ann:p%40ss%25w%3Ard@");
        Client::new(flavour, &settings("http://mem0.test", url)).unwrap().read().unwrap();
        for userinfo in ["ann:other@", ""] {
            let url = proxy.url("socks5h", userinfo);
            let error =
                Client::new(flavour, &settings("http://mem0.test", url)).unwrap().write().unwrap_err();
            let Error::Transport(transport) = &error else { panic!("{flavour:?} {error:?}") };
            assert_eq!(transport.phase, Phase::Proxy, "{flavour:?} {error:?}");
            assert!(error.to_string().contains(&proxy.endpoint()), "{flavour:?} {error}");
            assert!(error.to_string().contains("authentication failed"), "{flavour:?} {error} {error:?}");
            assert_eq!((error.was_sent(), error.attempts()), (false, 3), "{flavour:?} {error:?}");
        }
    }
}

#[test]
fn a_407_inside_the_tunnel_is_the_servers() {
    for flavour in FLAVOURS {
        let origin = Origin::http_with("407 Proxy Authentication Required");
        let proxy = Proxy::socks5(origin.address, Rules::default());
        let settings = settings("http://mem0.test", proxy.url("socks5h", ""));
        let error = Client::new(flavour, &settings).unwrap().write().unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(407), "{flavour:?} {error:?}");
        assert_eq!((error.was_sent(), error.attempts()), (true, 1), "{flavour:?} {error:?}");
        assert_eq!(origin.heads().len(), 1, "{flavour:?}");
    }
}

#[test]
fn an_error_of_the_proxy_names_it() {
    for flavour in FLAVOURS {
        let origin = Origin::http();
        let proxy = Proxy::socks5(origin.address, Rules { refuses: Some(1), ..Rules::default() });
        let settings = settings("https://mem0.test", proxy.url("socks5h", ""));
        let error = Client::new(flavour, &settings).unwrap().write().unwrap_err();
        let Error::Transport(transport) = &error else { panic!("{flavour:?} {error:?}") };
        assert_eq!(transport.phase, Phase::Proxy, "{flavour:?} {error:?}");
        assert_eq!((error.was_sent(), error.attempts()), (false, 3), "{flavour:?} {error:?}");
        assert_eq!(origin.connections(), 0);
    }
}
