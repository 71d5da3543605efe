//! Tower layers around the async client: a limit of concurrent requests, and a trace context in a header.
//!
//! ```sh
//! cargo run --example tower_layers
//! ```

use std::time::Duration;

use mem0::AsyncMemoryClient;
use mem0::asynchronous::Transport;
use mem0::client::{Request, Response};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// Sends requests through a tower service.
#[derive(Clone)]
struct Layered<S>(S);

impl<S> Transport for Layered<S>
where
    S: Service<Request, Response = Response, Error = mem0::Error> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    async fn execute(&self, request: &Request) -> mem0::Result<Response> {
        self.0.clone().oneshot(request.clone()).await
    }

    async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(delay).await;
    }
}

fn with_trace_context(mut request: Request) -> Request {
    let traceparent = format!("00-{:032x}-{:016x}-01", fastrand::u128(1..), fastrand::u64(1..));
    if let Ok(value) = traceparent.try_into() {
        request.headers_mut().insert("traceparent", value);
    }
    request
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = mem0_local::LocalPlatform::start()?;
    let builder = AsyncMemoryClient::builder().base_url(platform.url()).api_key(platform.api_key());
    let client: AsyncMemoryClient = builder.wrap_transport(|transport| {
        let send = service_fn(move |request: Request| {
            let transport = transport.clone();
            async move { transport.execute(&request).await }
        });
        Layered(ServiceBuilder::new().map_request(with_trace_context).concurrency_limit(4).service(send))
    })?;

    println!("{:?}", client.project().get().await?.name);
    let has_context = |headers: &[(String, String)]| headers.iter().any(|(name, _)| name == "traceparent");
    assert!(platform.request_log().iter().all(|request| has_context(&request.headers)));
    Ok(())
}
