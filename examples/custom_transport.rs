//! A transport of your own: around the one that comes along, to measure every attempt, and one that needs no
//! network at all, for tests of your own code.
//!
//! ```sh
//! cargo run --example custom_transport
//! ```

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mem0::Result;
use mem0::blocking::{MemoryClient, Transport};
use mem0::client::{HeaderMap, Request, Response, StatusCode};

/// Carries requests by another transport and notes how long each attempt took.
#[derive(Clone)]
struct Measured<T> {
    inner: T,
    attempts: Arc<Mutex<Vec<(String, StatusCode, Duration)>>>,
}

impl<T: Transport> Transport for Measured<T> {
    fn execute(&self, request: &Request) -> Result<Response> {
        let started = Instant::now();
        let response = self.inner.execute(request)?;
        // The path, not the URL: a query may hold an e-mail address.
        let what = format!("{} {}", request.method(), request.path());
        if let Ok(mut attempts) = self.attempts.lock() {
            attempts.push((what, response.status(), started.elapsed()));
        }
        Ok(response)
    }

    fn sleep(&self, delay: Duration) {
        self.inner.sleep(delay);
    }
}

/// Answers from memory: the first read is refused for a moment, the second one is not.
#[derive(Clone, Default)]
struct Canned {
    asked: Arc<Mutex<u32>>,
}

impl Transport for Canned {
    fn execute(&self, _: &Request) -> Result<Response> {
        let mut asked = self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *asked += 1;
        let (status, body) = match *asked {
            1 => (StatusCode::SERVICE_UNAVAILABLE, r#"{"detail": "Restarting."}"#),
            _ => (StatusCode::OK, r#"{"name": "Support bot", "decay": true}"#),
        };
        Ok(Response::new(status, HeaderMap::new(), body))
    }

    /// A test has no time to wait for a retry.
    fn sleep(&self, _: Duration) {}
}

fn main() -> Result<()> {
    let measured = Measured { inner: Canned::default(), attempts: Arc::default() };
    let client = MemoryClient::builder().api_key("m0-key").build_with_transport(measured.clone())?;

    let project = client.project_in("org_acme", "proj_support").get()?;
    println!("{} has decay {:?}", project.name.as_deref().unwrap_or("(no name)"), project.decay);

    let attempts = measured.attempts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (number, (what, status, elapsed)) in attempts.iter().enumerate() {
        println!("attempt {}: {what} → {status} in {elapsed:?}", number + 1);
    }
    Ok(())
}
