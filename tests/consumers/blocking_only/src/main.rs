//! The default features: a blocking client that does TLS.

use mem0::client::RetryPolicy;
use mem0::error::Phase;
use mem0::{Error, MemoryClient};

#[path = "../../platform.rs"]
mod platform;

fn ping(url: &str) -> mem0::Result<mem0::organizations::Identity> {
    let builder = MemoryClient::builder().api_key("m0-key").base_url(url);
    builder.retry(RetryPolicy::none()).build()?.ping()
}

fn phase(error: &Error) -> Option<Phase> {
    assert!(!error.was_sent(), "{error:?}");
    if let Error::Transport(error) = error { Some(error.phase) } else { None }
}

fn main() {
    let platform = platform::start();
    let identity = ping(&format!("http://{platform}")).unwrap();
    assert_eq!(identity.user_email.as_deref(), Some("ann@example.com"));
    assert_eq!(phase(&ping(platform::DEAD).unwrap_err()), Some(Phase::Connect));
    assert_eq!(phase(&ping(&format!("https://{platform}")).unwrap_err()), Some(Phase::Tls));
}
