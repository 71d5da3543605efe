//! Custom transports: one that wraps another transport and measures the attempts, and one without a network, for tests
//! of your own code.
//!
//! ```sh
//! cargo run --example custom_transport
//! ```

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mem0::Result;
use mem0::blocking::{MemoryClient, Transport};
use mem0::client::{HeaderMap, Request, Response, StatusCode};

/// Executes requests with another transport and records the duration of each attempt that gets a response.
#[derive(Clone)]
struct Measured<T> {
    inner: T,
    attempts: Arc<Mutex<Vec<(String, StatusCode, Duration)>>>,
}

impl<T: Transport> Transport for Measured<T> {
    fn execute(&self, request: &Request) -> Result<Response> {
        let started = Instant::now();
        let response = self.inner.execute(request)?;
        // Not the whole URL: a query may contain an e-mail address.
        let operation = format!("{} {}", request.method(), request.path());
        if let Ok(mut attempts) = self.attempts.lock() {
            attempts.push((operation, response.status(), started.elapsed()));
        }
        Ok(response)
    }

    fn sleep(&self, delay: Duration) {
        self.inner.sleep(delay);
    }
}

/// Returns canned responses: 503 for the first request, 200 for the others.
#[derive(Clone, Default)]
struct Canned {
    requests: Arc<Mutex<u32>>,
}

impl Transport for Canned {
    fn execute(&self, _: &Request) -> Result<Response> {
        let mut requests = self.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *requests += 1;
        let (status, body) = match *requests {
            1 => (StatusCode::SERVICE_UNAVAILABLE, r#"{"detail": "Restarting."}"#),
            _ => (StatusCode::OK, r#"{"name": "Support bot", "decay": true}"#),
        };
        Ok(Response::new(status, HeaderMap::new(), body))
    }

    /// Skips the delay before a retry, which a test does not need.
    fn sleep(&self, _: Duration) {}
}

fn main() -> Result<()> {
    let measured = Measured { inner: Canned::default(), attempts: Arc::default() };
    let client = MemoryClient::builder().api_key("m0-key").build_with_transport(measured.clone())?;

    let project = client.project_in("org_acme", "proj_support").get()?;
    println!("{} has decay {:?}", project.name_or_id(), project.decay);

    let attempts = measured.attempts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (number, (operation, status, elapsed)) in attempts.iter().enumerate() {
        println!("attempt {}: {operation} → {status} in {elapsed:?}", number + 1);
    }
    Ok(())
}
