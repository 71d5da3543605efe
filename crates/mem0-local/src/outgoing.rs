//! HTTP requests that the platform itself sends: to webhooks, to a model, to a recorded platform.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mem0::redact::one_line;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response, Url};

use crate::error::LocalError;

/// Time limit for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Returns a client builder for a URL. Redirects are not followed. Requests to this machine bypass the proxy of the
/// environment.
pub(crate) fn client(url: &Url, certificates: Vec<Certificate>) -> ClientBuilder {
    let builder = Client::builder().redirect(Policy::none()).connect_timeout(CONNECT_TIMEOUT);
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    if url.scheme() == "https" {
        builder.tls_certs_merge(certificates)
    } else {
        // The system's certificates take a while to read.
        builder.tls_certs_only([])
    }
}

/// Returns a client builder for requests by [`block_on`], without a connection pool: a connection belongs to the runtime
/// that opened it.
pub(crate) fn shared_client(url: &Url) -> ClientBuilder {
    client(url, Vec::new()).pool_max_idle_per_host(0)
}

/// Runs a future to completion, on a thread that is not part of a runtime.
pub(crate) fn block_on<T, E: From<std::io::Error>>(call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(call)
}

/// Reason why a response body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("{}", reason(.0))]
    Broken(reqwest::Error),
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
}

/// Reads the body of a response, decompressed, up to a maximum length.
pub(crate) async fn body(response: &mut Response, limit: usize) -> Result<Bytes, BodyError> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(BodyError::TooLarge(limit));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Describes an error on one line, without the URL, which may contain a secret.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let host = error.url().and_then(Url::host_str).unwrap_or_default();
    let port = error.url().and_then(Url::port_or_known_default).unwrap_or_default();
    let mut text = match (error.is_connect(), host) {
        (true, host) if !host.is_empty() => format!("could not connect to {host}:{port}"),
        _ => "the connection failed".to_owned(),
    };
    // `Display` of the error itself names the URL.
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    one_line(&text)
}

/// Whether the host of a URL is `localhost` or a loopback address. No name is resolved.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Parses a base URL that keys are sent to, and removes the slash at the end of its path. Messages do not quote the
/// text, which may contain a password.
pub(crate) fn base_url(field: &'static str, text: &str) -> Result<Url, LocalError> {
    let refused = |message: &str| Err(LocalError::invalid(field, message));
    let Ok(mut url) = text.parse::<Url>() else {
        return refused("not a URL; expected a URL such as https://api.mem0.ai");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refused("must start with https:// or http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("must not contain a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("must not have a query or a fragment");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return refused("would send the key unencrypted to another machine; use https://");
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn base_url_requires_https_unless_the_host_is_loopback() {
        for (text, path) in [
            ("https://api.mem0.ai", "/"),
            ("https://gateway.example/mem0//", "/mem0"),
            ("http://127.9.9.9:1/v1/", "/v1"),
            ("http://[::1]:80", "/"),
            ("http://LOCALHOST", "/"),
        ] {
            assert_eq!(base_url("upstream", text).unwrap().path(), path, "{text}");
        }
        for text in [
            "",
            "api.mem0.ai",
            "ftp://127.0.0.1",
            "http://api.mem0.ai",
            "http://localhost.example",
            "https://hunter2@h.example",
            "https://u:hunter2@h.example",
            "https://h.example?key=hunter2",
            "https://h.example/#hunter2",
        ] {
            let error = base_url("upstream", text).unwrap_err();
            assert!(matches!(error, LocalError::Invalid { field: "upstream", .. }), "{text}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
