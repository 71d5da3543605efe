//! Base URLs of the self-hosted open-source server, which has another API.

use super::*;
use mem0::client::{HeaderMap, Method, Request, Response, StatusCode};
use mem0::entities::EntityRef;
use mem0::{Error, Filter};

/// Bodies of that server for an unknown route and an unknown method.
const NOT_FOUND: &str = r#"{"detail":"Not Found"}"#;
const NOT_ALLOWED: &str = r#"{"detail":"Method Not Allowed"}"#;

/// Server that responds to every request in this way.
#[maybe_async]
async fn responding(status: usize, body: &str) -> ServerGuard {
    let mut server = server().await;
    for method in ["GET", "POST", "DELETE"] {
        let mock = server.mock(method, Matcher::Any).match_query(Matcher::Any);
        created(mock.with_status(status).with_body(body).expect_at_least(0)).await;
    }
    server
}

fn is_self_hosted(error: &Error) -> bool {
    matches!(error, Error::Api(error) if error.is_self_hosted_server())
}

#[maybe_async]
#[flavour_test]
async fn the_first_error_names_the_product() {
    for (status, body) in [(404, NOT_FOUND), (405, NOT_ALLOWED), (404, r#"{ "detail": "Not Found" }"#)] {
        let server = responding(status, body).await;
        let client = client(&server);
        let tea = || ("I like tea", EntityRef::user("alice"));
        let errors = [
            client.ping().await.unwrap_err(),
            client.project().get().await.unwrap_err(),
            client.organizations().list().await.unwrap_err(),
            client.add(tea()).await.unwrap_err(),
            client.add_and_wait(tea(), once()).await.unwrap_err(),
            client.search(("tea", Filter::user("alice"))).await.unwrap_err(),
            client.get_all(Filter::user("alice")).unwrap().next_page().await.unwrap_err(),
            client.delete_all(EntityRef::user("alice")).await.unwrap_err(),
            project_client(&server).search(("tea", Filter::user("alice"))).await.unwrap_err(),
        ];
        for error in errors {
            assert!(is_self_hosted(&error), "{error:?}");
            assert_eq!(usize::from(error.status().unwrap().as_u16()), status);
            let shown = error.to_string();
            for part in
                ["self-hosted open-source Mem0 server", "Mem0 Platform", "https://api.mem0.ai", "mem0-local"]
            {
                assert!(shown.contains(part), "{shown}");
            }
            assert!(!shown.contains("check the ids"), "{shown}");
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn errors_of_the_platform_are_not_mistaken() {
    for (status, body) in [
        (404, r#"{"detail":"Not found."}"#),
        (404, r#"{"detail":"Not found"}"#),
        (404, r#"{"detail":"Invalid page."}"#),
        (404, r#"{"message":"Not Found"}"#),
        (404, r#"{"detail":"Not Found","code":"not_found"}"#),
        (404, r#"["Not Found"]"#),
        (404, "Not Found"),
        (404, "<h1>Not Found</h1>"),
        (404, ""),
        (405, r#"{"detail":"Method \"POST\" not allowed."}"#),
        (405, NOT_FOUND),
        (404, NOT_ALLOWED),
        (400, NOT_FOUND),
        (403, NOT_FOUND),
    ] {
        let server = responding(status, body).await;
        let error = client(&server).ping().await.unwrap_err();
        assert!(
            !is_self_hosted(&error) && !error.to_string().contains("self-hosted"),
            "{status} {body}: {error}"
        );
    }
}

#[maybe_async]
#[flavour_test]
async fn a_raw_request_to_an_unknown_route_is_not_mistaken() {
    let server = responding(404, NOT_FOUND).await;
    let client = client(&server);
    let raw = || client.request(Method::GET, ["v1", "unknown", ""]);
    let sent = raw().send::<()>().await.unwrap_err();
    let page = raw().pages::<u32>().unwrap().next_page().await.unwrap_err();
    for error in [sent, page] {
        assert!(error.is_not_found() && !is_self_hosted(&error), "{error}");
    }
}

/// Transport whose server has no route.
#[derive(Clone)]
struct NoRoute;

#[maybe_async(AFIT)]
impl flavour::Transport for NoRoute {
    async fn execute(&self, _: &Request) -> mem0::Result<Response> {
        Ok(Response::new(StatusCode::NOT_FOUND, HeaderMap::new(), NOT_FOUND))
    }

    async fn sleep(&self, _: Duration) {}
}

#[maybe_async]
#[flavour_test]
async fn the_url_of_the_hosted_platform_is_never_the_self_hosted_server() {
    for (base_url, expected) in [
        (None, false),
        (Some("https://api.mem0.ai/"), false),
        (Some("https://mem0.example.com"), true),
        (Some("https://api.mem0.ai.example.com"), true),
        (Some("https://gateway.example.com/mem0/"), true),
    ] {
        let builder = MemoryClient::builder().api_key(KEY);
        let builder = match base_url {
            Some(url) => builder.base_url(url),
            None => builder,
        };
        let error = builder.build_with_transport(NoRoute).unwrap().ping().await.unwrap_err();
        assert_eq!(is_self_hosted(&error), expected, "{base_url:?}");
    }
}
