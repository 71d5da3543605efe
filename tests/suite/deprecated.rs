//! Deprecated routes, which are reachable by raw requests only.

use super::*;
use mem0::client::Method;
use serde_json::{Value, json};

#[maybe_async]
#[flavour_test]
async fn raw_requests_reach_deprecated_routes() {
    let asked = json!({"filters": {"user_id": "alice"}});
    let searched = json!({"query": "tea", "user_id": "alice"});
    let added = json!({"messages": [{"role": "user", "content": "Likes tea"}], "user_id": "alice"});
    for (method, path, body) in [
        (Method::GET, "/v1/memories/?user_id=alice", None),
        (Method::POST, "/v1/memories/", Some(&added)),
        (Method::POST, "/v1/memories/search/", Some(&searched)),
        (Method::POST, "/v2/memories/", Some(&asked)),
        (Method::POST, "/v2/memories/search/", Some(&searched)),
        (Method::DELETE, "/v1/entities/user/7/", None),
    ] {
        let mut server = server().await;
        let mock = match body {
            Some(body) => expect_body(&mut server, method.as_str(), path, &body.to_string()),
            None => expect(&mut server, method.as_str(), path),
        };
        let mock = created(mock.with_body(r#"[{"memory":"Likes tea"}]"#)).await;
        let (route, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = client(&server).request(method, route.split('/').skip(1));
        if let Some((name, value)) = query.split_once('=') {
            request = request.query(name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send::<Value>().await.unwrap();
        checked(&mock).await;
        assert_eq!(response[0]["memory"], "Likes tea", "{path}");
    }
}
