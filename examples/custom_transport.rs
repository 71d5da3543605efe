//! Custom transports: one that wraps another transport and measures the attempts, and one without a network, for tests
//! of your own code.
//!
//! ```sh
//! cargo run --example custom_transport
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mem0::Result;
use mem0::blocking::{MemoryClient, Transport};
use mem0::client::{HeaderMap, Request, Response, StatusCode};

/// Prints the duration of each attempt that gets a response.
#[derive(Clone)]
struct Measured<T>(T);

impl<T: Transport> Transport for Measured<T> {
    fn execute(&self, request: &Request) -> Result<Response> {
        let started = Instant::now();
        let response = self.0.execute(request)?;
        // Not the whole URL: a query may contain an e-mail address.
        let (method, path, status) = (request.method(), request.path(), response.status());
        println!("{method} {path} → {status} in {:?}", started.elapsed());
        Ok(response)
    }

    fn sleep(&self, delay: Duration) {
        self.0.sleep(delay);
    }
}

/// Returns canned responses: 503 for the first request, 200 for the others.
#[derive(Clone, Default)]
struct Canned(Arc<AtomicU32>);

impl Transport for Canned {
    fn execute(&self, _: &Request) -> Result<Response> {
        let (status, body) = match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => (StatusCode::SERVICE_UNAVAILABLE, r#"{"detail": "Restarting."}"#),
            _ => (StatusCode::OK, r#"{"name": "Support bot", "decay": true}"#),
        };
        Ok(Response::new(status, HeaderMap::new(), body))
    }

    /// Skips the delay before a retry, which a test does not need.
    fn sleep(&self, _: Duration) {}
}

fn main() -> Result<()> {
    let client =
        MemoryClient::builder().api_key("m0-key").build_with_transport(Measured(Canned::default()))?;
    let project = client.project_in("org_acme", "proj_support").get()?;
    println!("{} has decay {:?}", project.name_or_id(), project.decay);
    Ok(())
}
