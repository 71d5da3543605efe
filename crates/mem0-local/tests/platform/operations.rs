//! Table of operations, compared with the SDK.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mem0::Result;
use mem0::blocking::{MemoryClient, Transport};
use mem0::client::{HeaderMap, Request, Response, StatusCode};
use mem0_local::Operation;
use serde_json::Value;

/// Records whether the SDK considers each request read-only.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<bool>>>);

impl Transport for Recorder {
    fn execute(&self, request: &Request) -> Result<Response> {
        self.0.lock().unwrap().push(request.is_read_only());
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), r#"{"org_id": "o", "project_id": "p"}"#))
    }

    fn sleep(&self, _: Duration) {}
}

#[test]
fn sdk_and_platform_agree_on_read_only_operations() {
    for base_url in ["https://api.example", "https://proxy.example/mem0/"] {
        let recorder = Recorder::default();
        let client = MemoryClient::builder().api_key("m0-key").base_url(base_url);
        let client = client.build_with_transport(recorder.clone()).unwrap();
        for operation in Operation::ALL.iter().copied() {
            recorder.0.lock().unwrap().clear();
            let path = operation.path().replace(['{', '}'], "");
            let request = client.request(operation.method(), path.split('/').skip(1));
            request.send::<Value>().unwrap();
            assert_eq!(*recorder.0.lock().unwrap(), [operation.is_read_only()], "{operation}, {base_url}");
        }
    }
    let posts = Operation::ALL.iter().filter(|operation| operation.method() == "POST");
    let read_only: Vec<Operation> = posts.copied().filter(|operation| operation.is_read_only()).collect();
    assert_eq!(read_only.len(), 7, "{read_only:?}");
}
