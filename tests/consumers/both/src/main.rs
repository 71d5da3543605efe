//! Both flavours with rustls in one binary.

use mem0::client::RetryPolicy;
use mem0::error::Phase;
use mem0::organizations::Identity;
use mem0::{AsyncMemoryClient, Error, MemoryClient};

#[path = "../../platform.rs"]
mod platform;

/// The same call in both flavours.
async fn ping(url: &str) -> [mem0::Result<Identity>; 2] {
    let blocking = MemoryClient::builder().api_key("m0-key").base_url(url).retry(RetryPolicy::none());
    let asynchronous =
        AsyncMemoryClient::builder().api_key("m0-key").base_url(url).retry(RetryPolicy::none());
    [blocking.build().unwrap().ping(), asynchronous.build().unwrap().ping().await]
}

fn phase(error: &Error) -> Option<Phase> {
    assert!(!error.was_sent(), "{error:?}");
    if let Error::Transport(error) = error { Some(error.phase) } else { None }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let platform = platform::start();
    for identity in ping(&format!("http://{platform}")).await {
        assert_eq!(identity.unwrap().user_email.as_deref(), Some("ann@example.com"));
    }
    for refused in ping(platform::DEAD).await {
        assert_eq!(phase(&refused.unwrap_err()), Some(Phase::Connect));
    }
    for unencrypted in ping(&format!("https://{platform}")).await {
        assert_eq!(phase(&unencrypted.unwrap_err()), Some(Phase::Tls));
    }
}
