//! The async flavour in an application that has a reqwest of its own, without its default features.

use mem0::asynchronous::{ClientBuilder, Reqwest};
use mem0::client::RetryPolicy;
use mem0::error::Phase;
use mem0::{AsyncMemoryClient, Error};

#[path = "../../platform.rs"]
mod platform;

fn builder(url: &str) -> ClientBuilder {
    AsyncMemoryClient::builder().api_key("m0-key").base_url(url).retry(RetryPolicy::none())
}

fn phase(error: &Error) -> Option<Phase> {
    assert!(!error.was_sent(), "{error:?}");
    if let Error::Transport(error) = error { Some(error.phase) } else { None }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let platform = platform::start();
    let (url, tls_url) = (format!("http://{platform}"), format!("https://{platform}"));

    // The application's own client works as it does without this SDK.
    let own = reqwest::Client::new();
    let answer = own.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("ann@example.com"), "{answer}");
    own.get(platform::DEAD).send().await.unwrap_err();
    own.get(&tls_url).send().await.unwrap_err();

    let ping = async |url: &str| builder(url).build()?.ping().await;
    let identity = ping(&url).await.unwrap();
    assert_eq!(identity.user_email.as_deref(), Some("ann@example.com"));
    assert_eq!(phase(&ping(platform::DEAD).await.unwrap_err()), Some(Phase::Connect));
    assert_eq!(phase(&ping(&tls_url).await.unwrap_err()), Some(Phase::Tls));

    // The SDK on the application's client.
    let ping = async |url: &str| builder(url).build_with_transport(Reqwest::from(own.clone()))?.ping().await;
    let identity = ping(&url).await.unwrap();
    assert_eq!(identity.user_email.as_deref(), Some("ann@example.com"));
    assert_eq!(phase(&ping(platform::DEAD).await.unwrap_err()), Some(Phase::Connect));
    assert_eq!(phase(&ping(&tls_url).await.unwrap_err()), Some(Phase::Tls));
}
