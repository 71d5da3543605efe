//! Proxies and certificates of the environment. The tests run as if
//! `mem0.test` were a host that only the proxy can reach.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use mem0::MemoryClient;
use mem0::client::RetryPolicy;
use serde_json::Value;

use crate::network::origin::Origin;
use crate::network::proxy::{Proxy, Rules};
use crate::test_env::{CommandOutput, TestEnv, output_of, wait_at_most};

const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/network/certificates/ca.pem");

fn status(env: &TestEnv, variables: &[(&str, &str)]) -> CommandOutput {
    let mut command = env.bare();
    command.args(["status", "--base-url", "https://mem0.test", "--timeout", "30"]);
    command.env("MEM0_API_KEY", "m0-secret-key").env("SSL_CERT_FILE", CA);
    output_of(command.envs(variables.iter().copied()))
}

#[test]
fn every_proxy_variable_is_used() {
    let env = TestEnv::new();
    for (name, scheme) in [
        ("HTTPS_PROXY", "http"),
        ("https_proxy", "http"),
        ("ALL_PROXY", "http"),
        ("all_proxy", "socks5h"),
        ("HTTPS_PROXY", "socks5h"),
    ] {
        let origin = Origin::https("server");
        let proxy = match scheme {
            "http" => Proxy::http(origin.address, Rules::default()),
            _ => Proxy::socks5(origin.address, Rules::default()),
        };
        let output = status(&env, &[(name, &proxy.url(scheme, ""))]);
        assert_eq!(output.code, 0, "{name} {}", output.stderr);
        assert_eq!(proxy.seen().len(), 1, "{name}");
        assert!(!origin.heads().is_empty(), "{name}");
    }
}

#[test]
fn no_proxy_hosts_are_connected_directly() {
    let env = TestEnv::new();
    let origin = Origin::https("server");
    let proxy = Proxy::http(origin.address, Rules::default());
    for excluded in ["mem0.test", ".test", "other, test", "*"] {
        let output = status(&env, &[("HTTPS_PROXY", &proxy.url("http", "")), ("NO_PROXY", excluded)]);
        assert_ne!(output.code, 0, "{excluded}: {}", output.stdout);
        assert!(output.stderr.contains("could not resolve mem0.test:443"), "{excluded}: {}", output.stderr);
    }
    assert!(proxy.seen().is_empty());
    let output =
        status(&env, &[("HTTPS_PROXY", &proxy.url("http", "")), ("NO_PROXY", "example.com, 10.0.0.0/8")]);
    assert_eq!(output.code, 0, "{}", output.stderr);
}

#[test]
fn loopback_hosts_are_connected_directly() {
    let env = TestEnv::new();
    let output = output_of(env.command().arg("status").env("ALL_PROXY", "http://127.0.0.1:1"));
    assert_eq!(output.code, 0, "{}", output.stderr);
}

#[test]
fn an_invalid_proxy_variable_is_reported() {
    let env = TestEnv::new();
    for (name, value) in [
        ("HTTPS_PROXY", "http://ann:hunter2@p:99999"),
        ("all_proxy", "ftp://hunter2@p"),
        ("https_proxy", "http://"),
    ] {
        let output = status(&env, &[(name, value)]);
        assert_ne!(output.code, 0, "{name}");
        assert!(
            output.stderr.contains(name) && !output.stderr.contains("hunter2"),
            "{name}: {}",
            output.stderr
        );
    }
}

#[test]
fn a_variable_that_is_not_utf_8_is_named_and_not_passed_by() {
    use std::os::unix::ffi::OsStrExt;

    let env = TestEnv::new();
    let mut command = env.bare();
    command.args(["status", "--base-url", "https://mem0.test"]).env("MEM0_API_KEY", "m0-secret-key");
    let url = std::ffi::OsStr::from_bytes(b"http://ann:hunter2\xe4@127.0.0.1:1");
    let output = output_of(command.env("HTTPS_PROXY", url));
    assert_ne!(output.code, 0);
    assert!(output.stderr.contains("`HTTPS_PROXY` is not valid UTF-8"), "{}", output.stderr);
    assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
}

#[test]
fn an_unreadable_certificate_store_is_reported() {
    let env = TestEnv::new();
    let origin = Origin::https("server");
    let proxy = Proxy::http(origin.address, Rules::default());
    let folder = env.folder.path().to_str().unwrap();
    let empty = env.folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    for store in ["/nowhere/ca.pem", folder, empty.to_str().unwrap()] {
        let output = status(
            &env,
            &[
                ("HTTPS_PROXY", &proxy.url("http", "")),
                ("SSL_CERT_FILE", store),
                ("SSL_CERT_DIR", "/etc/ssl/certs"),
            ],
        );
        assert_ne!(output.code, 0, "{store}");
        assert!(
            output.stderr.contains(&format!("`SSL_CERT_FILE` is {store}, which")),
            "{store}: {}",
            output.stderr
        );
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn an_unknown_issuer_is_not_retried() {
    let env = TestEnv::new();
    let origin = Origin::https("server");
    let proxy = Proxy::http(origin.address, Rules::default());
    let other = CA.replace("ca.pem", "other_ca.pem");
    let output = status(&env, &[("HTTPS_PROXY", &proxy.url("http", "")), ("SSL_CERT_FILE", &other)]);
    assert_ne!(output.code, 0);
    assert!(
        output.stderr.contains("unknown issuer") && output.stderr.contains("SSL_CERT_FILE"),
        "{}",
        output.stderr
    );
    assert_eq!(origin.connections(), 1);
}

#[test]
fn missing_proxy_credentials_are_reported() {
    let env = TestEnv::new();
    let origin = Origin::https("server");
    let proxy = Proxy::http(origin.address, Rules { credentials: Some("Basic YTpi"), ..Rules::default() });
    let output = status(&env, &[("HTTPS_PROXY", &proxy.url("http", "ann:hunter2@"))]);
    assert_ne!(output.code, 0);
    assert!(output.stderr.contains(&proxy.endpoint()) && output.stderr.contains("407"), "{}", output.stderr);
    assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
    let output = status(&env, &[("HTTPS_PROXY", &proxy.url("http", "a:b@"))]);
    assert_eq!(output.code, 0, "{}", output.stderr);
}

/// Server process, killed on drop.
struct Started {
    child: Child,
    line: Value,
}

impl Started {
    fn new(env: &TestEnv, proxy: &Proxy, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
        command.arg("local").args(arguments).current_dir(env.folder.path());
        command.env_clear().env("HTTPS_PROXY", proxy.url("http", "")).env("SSL_CERT_FILE", CA);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, line: serde_json::from_str(&line).unwrap() }
    }

    fn client(&self, key: &str) -> MemoryClient {
        let builder = MemoryClient::builder().base_url(self.line["url"].as_str().unwrap()).api_key(key);
        builder.retry(RetryPolicy::none()).build().unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_recorder_reaches_its_platform_through_the_proxy() {
    let env = TestEnv::new();
    let origin = Origin::https("server");
    let proxy = Proxy::http(origin.address, Rules::default());
    let recorder = Started::new(&env, &proxy, &["record", "--upstream", "https://mem0.test"]);
    let identity = recorder.client("m0-secret-key").ping().unwrap();
    assert!(identity.project_id.is_some());
    assert_eq!(proxy.seen().len(), 1);
    assert!(origin.heads()[0].starts_with("GET /v1/ping/ "), "{:?}", origin.heads());
}

#[test]
fn the_model_is_reached_through_the_proxy() {
    let env = TestEnv::new();
    let origin = Origin::https("server");
    let proxy = Proxy::http(origin.address, Rules::default());
    let arguments = ["serve", "--model-url", "https://mem0.test/v1", "--model", "m"];
    let platform = Started::new(&env, &proxy, &arguments);
    let client = platform.client(platform.line["owner_key"].as_str().unwrap());
    client.add(mem0::AddMemories::new("I moved to Oslo.").user_id("ann")).unwrap();
    wait_at_most(crate::process::LONG, "no request to the model", || !origin.heads().is_empty());
    assert!(origin.heads()[0].starts_with("POST /v1/chat/completions "), "{:?}", origin.heads());
    assert_eq!(proxy.seen().len(), 1);
}
