//! Middleware: a transport that measures each attempt, gives it a trace context of its own, and signs it for a gateway.
//!
//! ```sh
//! cargo run --example middleware
//! ```

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mem0::blocking::{MemoryClient, Transport};
use mem0::client::{Request, Response};
use mem0_local::{Fault, LocalPlatform, Operation};

#[derive(Clone)]
struct Middleware<T> {
    inner: T,
    trace_id: u128,
    signing_key: ring::hmac::Key,
}

impl<T: Transport> Transport for Middleware<T> {
    fn execute(&self, request: &Request) -> mem0::Result<Response> {
        let mut request = request.clone();
        let traceparent = format!("00-{:032x}-{:016x}-01", self.trace_id, fastrand::u64(1..));
        let signed = [request.url().as_bytes(), request.body().map_or(b"", |body| &body[..])].concat();
        let signature = ring::hmac::sign(&self.signing_key, &signed);
        let signature = BASE64_STANDARD.encode(signature);
        for (name, value) in [("traceparent", &traceparent), ("x-signature", &signature)] {
            let value =
                value.try_into().map_err(|_| mem0::Error::invalid("header", "is not printable ASCII"))?;
            request.headers_mut().insert(name, value);
        }
        let started = Instant::now();
        let response = self.inner.execute(&request);
        // Not the URL: its query may contain an e-mail address.
        let status = response.as_ref().map(Response::status);
        println!("{} {traceparent}: {status:?} in {:?}", request.method(), started.elapsed());
        response
    }

    fn sleep(&self, delay: Duration) {
        self.inner.sleep(delay);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = LocalPlatform::start()?;
    platform.fail_next(Operation::GetProject, Fault::status(503).header("retry-after", "0"));

    let signing_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"secret of the gateway");
    let builder = MemoryClient::builder().base_url(platform.url()).api_key(platform.api_key());
    let client: MemoryClient =
        builder.wrap_transport(|inner| Middleware { inner, trace_id: fastrand::u128(1..), signing_key })?;
    println!("{:?}", client.project().get()?.name);
    Ok(())
}
