//! Bodies and headers of refusals: two bytes of status, a header value up to the first line end, and the body.
#![no_main]

use http::HeaderValue;
use libfuzzer_sys::fuzz_target;

use mem0::client::{HeaderMap, StatusCode};
use mem0_fuzz::{check_error, client};

fuzz_target!(|data: &[u8]| {
    let [first, second, rest @ ..] = data else { return };
    let status = 300 + (u16::from(*first) * 256 + u16::from(*second)) % 300;
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (value, body) = rest.split_at(end);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(value) {
        for name in ["x-request-id", "retry-after", "x-ratelimit-reset", "content-encoding"] {
            if name != "content-encoding" || first % 2 == 0 {
                headers.insert(name, value.clone());
            }
        }
    }
    let status = StatusCode::from_u16(status).expect("it is between 300 and 599");
    let error = client(status, headers, body).project_in("org_abc", "proj_abc").get().expect_err("a refusal");
    check_error(&error);
});
