//! What the fuzz targets share: a client without a network, and what must hold of everything that is shown.

use std::time::Duration;

use mem0::blocking::{MemoryClient, Transport};
use mem0::client::{HeaderMap, Request, Response, RetryPolicy, StatusCode};
use mem0::{Error, Result};

/// The key of every client here. A corpus holds it too, so that answers echo it.
pub const KEY: &str = "m0-fuzz-secret-key";

/// Longest text of an error.
const LONGEST: usize = 16 * 1024;

/// Answers every request in the same way.
#[derive(Clone)]
pub struct Canned {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Transport for Canned {
    fn execute(&self, _: &Request) -> Result<Response> {
        Ok(Response::new(self.status, self.headers.clone(), self.body.clone()))
    }

    fn sleep(&self, pause: Duration) {
        // Long enough for the other threads of an import to go on.
        std::thread::sleep(pause.min(Duration::from_millis(1)));
    }
}

/// A client whose every request is answered like that.
pub fn client(status: StatusCode, headers: HeaderMap, body: &[u8]) -> MemoryClient<Canned> {
    let transport = Canned { status, headers, body: body.to_vec() };
    MemoryClient::builder()
        .api_key(KEY)
        .retry(RetryPolicy::none())
        .build_with_transport(transport)
        .expect("the settings are valid")
}

/// The error is short, and shows no key.
pub fn check_error(error: &Error) {
    for shown in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert!(shown.len() < LONGEST, "an error of {} bytes", shown.len());
        check_shown(&shown);
    }
    if let Error::Api(error) = error {
        check_shown(&format!("{} {:?} {}", error.message, error.fields, error.body));
    }
}

/// The text shows no key.
pub fn check_shown(text: &str) {
    assert!(!text.contains(KEY), "the key is shown: {text}");
}
