//! Searches of versions 1 and 2.

use serde_json::{Value, json};

use super::platform_with;
use crate::raw_http::call;

#[test]
fn responses_have_the_deprecated_shapes() {
    let platform = platform_with(&[
        "Likes oolong tea",
        "Drinks tea and many other things besides, all through the long day",
    ]);
    let post = |path: &str, body: Value| call(platform.url(), "POST", path, platform.api_key(), &body);
    let (v1, v2) = ("/v1/memories/search/", "/v2/memories/search/");
    let list = post(v1, json!({"query": "tea", "user_id": "alice"}));
    assert_eq!((list.status, list.json().as_array().map(Vec::len)), (200, Some(2)), "{list:?}");
    let wrapped = post(v1, json!({"query": "tea", "user_id": "alice", "output_format": "v1.1"})).json();
    assert_eq!(wrapped, json!({"results": list.json(), "relations": []}));
    assert_eq!(post(v1, json!({"query": "tea", "user_id": "bob"})).json(), json!([]));
    let refused = post(v1, json!({"query": "tea"}));
    let text = "At least one of the filters: agent_id, user_id, app_id, run_id is required!";
    assert_eq!((refused.status, refused.json()), (400, json!({ "message": text })));

    let list = post(v2, json!({"query": "tea", "filters": {"user_id": "alice"}, "version": "v2"}));
    assert_eq!((list.status, list.json().as_array().map(Vec::len)), (200, Some(2)), "{list:?}");
    let best = post(v2, json!({"query": "oolong tea", "filters": {"user_id": "alice"}})).json();
    assert_eq!(best.as_array().unwrap().len(), 1, "three tenths and more: {best}");
    assert_eq!(best[0]["memory"], "Likes oolong tea");
    for body in [
        json!({"query": "tea"}),
        json!({"filters": {"user_id": "alice"}}),
        json!({"query": "", "filters": {}}),
    ] {
        assert_eq!(post(v2, body.clone()).status, 400, "{body}");
    }
}
