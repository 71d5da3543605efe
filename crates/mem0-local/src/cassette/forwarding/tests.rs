#![allow(clippy::panic)]
#![allow(clippy::unwrap_used)]
use http::Uri;

use super::*;
use crate::protocol::request::Request as RecordedRequest;

#[tokio::test]
async fn forwards_a_request_unchanged() {
    let mut server = mockito::Server::new_async().await;
    let upstream = Upstream::new(&server.url(), Duration::from_secs(10), 1024, &[]).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("authorization", "Token m0-secret"),
        ("connection", "keep-alive, x-hop"),
        ("x-hop", "1"),
        ("host", "recorder"),
        ("accept-encoding", "br"),
        ("x-kept", "1"),
        ("user-agent", "theirs"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let mock = server
        .mock("DELETE", "/v1/batch/a%2Fb/?q=a+b%40x.io&&r")
        .match_header("authorization", "Token m0-secret")
        .match_header("accept-encoding", "gzip")
        .match_header("x-kept", "1")
        .match_header("user-agent", "theirs")
        .match_header("x-hop", mockito::Matcher::Missing)
        .match_body("{\"a\": 1}")
        .with_status(302)
        .with_header("location", &format!("{}/else/", server.url()))
        .with_header("set-cookie", "a=b")
        .with_body(format!("{{\"next\":\"{}/v1/?page=2\"}}", server.url()))
        .expect(1)
        .create_async()
        .await;
    let uri = Uri::from_static("/v1/batch/a%2Fb/?q=a+b%40x.io&&r");
    let body = Ok(bytes::Bytes::from_static(b"{\"a\": 1}"));
    let request = RecordedRequest::new(http::Method::DELETE, &uri, headers.clone(), body);
    let response = upstream.send(&request).await.unwrap();
    mock.assert_async().await;
    assert_eq!(response.status, 302);
    let headers = end_to_end(&response.headers).into_iter();
    let headers = headers.filter_map(|(name, value)| Some((name?, value))).collect();
    let reply = HttpReply { status: response.status, headers, body: response.body };
    let reply = upstream.rewrite_links(reply, &request);
    assert_eq!(reply.body, "{\"next\":\"http://recorder/v1/?page=2\"}");
    let location = reply.headers.iter().find(|(name, _)| *name == LOCATION).unwrap();
    assert_eq!(location.1, "http://recorder/else/");
}

#[test]
fn rejects_urls_and_requests_that_would_expose_a_key() {
    let new = |url: &str| Upstream::new(url, Duration::from_secs(1), 1, &[]);
    for url in ["", "api.mem0.ai", "http://api.mem0.ai", "ftp://127.0.0.1", "https://hunter2@h.example"] {
        let Err(error) = new(url) else { panic!("{url} is taken") };
        assert!(matches!(error, LocalError::Invalid { field: "upstream", .. }), "{error:?}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let request = |path: &'static str, key: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static(key));
        RecordedRequest::new(http::Method::GET, &Uri::from_static(path), headers, Ok(bytes::Bytes::new()))
    };
    let local = request("/v1/ping/", "Token m0-local-x");
    assert!(new("http://127.0.0.1:1").unwrap().rejection(&local).is_none());
    assert_eq!(new("https://h.example").unwrap().rejection(&local).unwrap().status, 400);
    for path in ["/v1/memories/../", "/v1/%2E%2e/", "/./"] {
        let refusal = new("http://127.0.0.1:1").unwrap().rejection(&request(path, "Token m0-x"));
        assert_eq!(refusal.unwrap().status, 400, "{path}");
    }
}
