//! Tests that `blocking.rs` and `asynchronous.rs` run in both flavours.

mod bulk;
mod deletion;
mod lists;
mod organization_members;
mod plan;
mod project_members;
mod settings;

use super::{flavour, flavour_test, maybe_async};
use flavour::MemoryClient;
use mem0::client::StatusCode;
use mem0::members::Member;
use mem0::{Error, Role};
use mem0_local::LocalPlatform;

/// Returns a client for a platform and key, without retries.
fn client(platform: &LocalPlatform, key: &str) -> MemoryClient {
    let builder = MemoryClient::builder().base_url(platform.url()).api_key(key);
    builder.retry(mem0::client::RetryPolicy::none()).build().unwrap()
}

fn owner(platform: &LocalPlatform) -> MemoryClient {
    client(platform, platform.api_key())
}

/// Returns the status and message of an error.
fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> (StatusCode, String) {
    let error = result.expect_err("a refusal");
    let Error::Api(error) = error else { panic!("no answer: {error:?}") };
    (error.status, error.message.clone())
}

/// Returns e-mail addresses and roles in their order.
fn roles(members: Option<&Vec<Member>>) -> Vec<(String, Role)> {
    let members = members.expect("members");
    members.iter().map(|member| (member.email.clone().unwrap(), member.role.clone().unwrap())).collect()
}

fn pair(email: &str, role: Role) -> (String, Role) {
    (email.to_owned(), role)
}
