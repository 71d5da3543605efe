//! Transports that wrap the default one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use flavour::{BoxTransport, Transport};
use mem0::client::{HeaderMap, Method, Request, Response, StatusCode};
use mem0::{Error, ProjectUpdate};

/// Numbers the attempts in a header, and signs them with the length of their body.
#[derive(Clone)]
struct Signing<T> {
    inner: T,
    attempts: Arc<AtomicU32>,
}

#[maybe_async(AFIT)]
impl<T: Transport> Transport for Signing<T> {
    async fn execute(&self, request: &Request) -> mem0::Result<Response> {
        let mut signed = request.clone();
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        let length = request.body().map_or(0, bytes::Bytes::len);
        signed.headers_mut().insert("x-attempt", attempt.into());
        signed.headers_mut().insert("x-length", length.into());
        self.inner.execute(&signed).await
    }

    async fn sleep(&self, delay: Duration) {
        self.inner.sleep(delay).await;
    }
}

/// A struct of the caller that names the type of the client without its transport.
struct Application {
    client: MemoryClient,
}

#[maybe_async]
#[flavour_test]
async fn a_wrapper_changes_the_headers_of_each_attempt() {
    let mut server = server().await;
    let attempts = Arc::<AtomicU32>::default();
    let client = builder(&server).org_id("org_abc").project_id("proj_abc");
    let wrap = |inner| Signing { inner, attempts: attempts.clone() };
    let application = Application { client: client.wrap_transport(wrap).unwrap() };
    let mut mocks = Vec::new();
    for (attempt, status) in [("1", 503), ("2", 503), ("3", 200)] {
        let mock = expect(&mut server, "PATCH", PROJECT).match_header("x-attempt", attempt);
        mocks.push(created(mock.match_header("x-length", "14").with_status(status).with_body("{}")).await);
    }
    application.client.project().update(ProjectUpdate::new().decay(true)).await.unwrap();
    for mock in &mocks {
        checked(mock).await;
    }
    // The headers of the next call are those of the client again, changed once.
    let next = expect(&mut server, "GET", PROJECT).match_header("x-attempt", "4").with_body("{}");
    let next = created(next.match_header("x-length", "0")).await;
    application.client.project().get().await.unwrap();
    checked(&next).await;
    assert_eq!(attempts.load(Ordering::Relaxed), 4);
}

/// Responds without a network.
#[derive(Clone)]
struct Canned;

#[maybe_async(AFIT)]
impl Transport for Canned {
    async fn execute(&self, request: &Request) -> mem0::Result<Response> {
        let body = format!(r#"{{"name":"{} {}"}}"#, request.method(), request.path());
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), body))
    }

    async fn sleep(&self, _: Duration) {}
}

#[maybe_async]
#[flavour_test]
async fn clients_with_different_transports_have_one_type() {
    let builder = || MemoryClient::builder().api_key("m0-secret");
    let clients: [MemoryClient; 2] = [
        builder().build_with_transport(BoxTransport::new(Canned)).unwrap(),
        builder()
            .wrap_transport(|inner| Signing {
                inner: Canned,
                attempts: {
                    drop(inner);
                    Arc::default()
                },
            })
            .unwrap(),
    ];
    for client in clients {
        let project = client.project_in("o", "p").get().await.unwrap();
        assert_eq!(project.name.as_deref(), Some("GET /api/v1/orgs/organizations/o/projects/p/"));
        let shown = format!("{client:?} {:?}", BoxTransport::new(Canned));
        assert!(!shown.contains("m0-secret"), "{shown}");
    }
}

#[maybe_async]
#[flavour_test]
async fn a_transport_is_tested_with_a_request_of_its_own() {
    let request =
        Request::builder().method(Method::DELETE).url("http://h.example/base/v1/x/?a=b").build().unwrap();
    let transport = Signing { inner: Canned, attempts: Arc::default() };
    let response = transport.execute(&request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.body(), &br#"{"name":"DELETE /base/v1/x/"}"#[..]);
    assert_eq!((request.query(), request.body(), request.is_idempotent()), ("a=b", None, true));
    assert!(request.headers().is_empty());
    for url in ["", "/v1/ping/", "ftp://h.example/", "http:///v1/", "h.example/v1"] {
        let error = Request::builder().url(url).build().unwrap_err();
        assert!(matches!(error, Error::Invalid { field: "url", .. }), "{url}: {error}");
    }
    for (name, value) in [("x y", "1"), ("", "1"), ("x", "a\nb")] {
        let error = Request::builder().url("http://h.example/").header(name, value).build().unwrap_err();
        assert!(matches!(error, Error::Invalid { field: "header", .. }), "{name}: {error}");
    }
}
