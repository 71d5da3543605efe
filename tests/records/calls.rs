//! Calls with an e-mail address in every possible place.

use std::time::Duration;

use mem0::client::{Method, RequestOptions, RetryPolicy};
use mem0::{AsyncMemoryClient, Error, MemoryClient};

pub(crate) const KEY: &str = "m0-very-secret-key-of-the-records";
pub(crate) const EMAIL: &str = "ann.o+hidden@members.example";

pub(crate) fn clients(url: &str) -> (MemoryClient, AsyncMemoryClient) {
    let retry = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let blocking = MemoryClient::builder().api_key(KEY).base_url(url).retry(retry.clone());
    let asynchronous = AsyncMemoryClient::builder().api_key(KEY).base_url(url).retry(retry);
    (
        blocking.org_id("org").project_id("proj").build().unwrap(),
        asynchronous.org_id("org").project_id("proj").build().unwrap(),
    )
}

/// Whether a call succeeded, and its text.
type Outcome = (bool, String);

fn outcome_of<V>(outcome: Result<V, Error>) -> Outcome {
    match outcome {
        Ok(_) => (true, String::new()),
        Err(error) => (false, format!("{error} {error:?}")),
    }
}

pub(crate) fn call_blocking(client: &MemoryClient) -> Vec<Outcome> {
    let project = client.project();
    let organization = client.organization("org");
    let short = project.with_options(RequestOptions::new().attempt_timeout(Duration::from_secs(20)));
    vec![
        outcome_of(project.remove_member(EMAIL)),
        outcome_of(project.add_member(EMAIL, "READER")),
        outcome_of(project.update_member(EMAIL, "OWNER")),
        outcome_of(organization.remove_member(EMAIL)),
        outcome_of(short.remove_member(EMAIL)),
        outcome_of(client.request(Method::GET, ["v1", EMAIL, ""]).query("email", EMAIL).send::<()>()),
    ]
}

pub(crate) async fn call_async(client: &AsyncMemoryClient) -> Vec<Outcome> {
    let project = client.project();
    let organization = client.organization("org");
    let short = project.with_options(RequestOptions::new().attempt_timeout(Duration::from_secs(20)));
    vec![
        outcome_of(project.remove_member(EMAIL).await),
        outcome_of(project.add_member(EMAIL, "READER").await),
        outcome_of(project.update_member(EMAIL, "OWNER").await),
        outcome_of(organization.remove_member(EMAIL).await),
        outcome_of(short.remove_member(EMAIL).await),
        outcome_of(client.request(Method::GET, ["v1", EMAIL, ""]).query("email", EMAIL).send::<()>().await),
    ]
}
