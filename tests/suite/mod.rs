//! One test body, run in both flavours by `tests/blocking.rs` and `tests/asynchronous.rs`.

mod adding;
mod analytics;
mod bad_input;
mod bad_input_other;
mod bad_memories;
mod bulk;
mod data;
mod deprecated;
mod echoes;
mod entities;
mod enum_values;
mod error_text;
mod errors;
mod events;
mod every_operation;
mod exports;
mod handles;
mod identity;
mod key_project;
mod members;
mod memories;
mod middleware;
mod numbers;
mod operations;
mod options;
mod page_limits;
mod pages;
mod plan;
mod profiles;
mod recorded;
mod recorded_other;
mod redaction;
mod reset;
mod responses;
mod retries;
mod self_hosted;
mod tenants;
mod webhooks;

use super::{checked, created, flavour, flavour_test, has_matched, joined, maybe_async, server};
use flavour::{ClientBuilder, MemoryClient};
use mem0::client::{PollPolicy, RetryPolicy};
use mockito::{Matcher, Mock, ServerGuard};
use std::time::Duration;

const KEY: &str = "m0-secret-key";
const ORGANIZATIONS: &str = "/api/v1/orgs/organizations/";
const ORGANIZATION: &str = "/api/v1/orgs/organizations/org_abc/";
const PROJECT: &str = "/api/v1/orgs/organizations/org_abc/projects/proj_abc/";

/// Builder of a client of the server, with retries without delay.
fn builder(server: &ServerGuard) -> ClientBuilder {
    MemoryClient::builder()
        .api_key(KEY)
        .base_url(server.url())
        .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)))
}

fn client(server: &ServerGuard) -> MemoryClient {
    builder(server).build().unwrap()
}

/// Client with the ids of `PROJECT`.
fn project_client(server: &ServerGuard) -> MemoryClient {
    builder(server).org_id("org_abc").project_id("proj_abc").build().unwrap()
}

/// Expects a request exactly once, without query and body unless the caller adds them.
fn expect(server: &mut ServerGuard, method: &str, path: &str) -> Mock {
    let mock = server
        .mock(method, path)
        .match_header("authorization", format!("Token {KEY}").as_str())
        .match_header("accept-encoding", "gzip")
        .match_header("mem0-user-id", Matcher::Missing)
        .expect(1);
    if path.contains('?') { mock } else { mock.match_query(Matcher::Missing) }
}

/// Expects a request exactly once, with exactly this JSON body.
fn expect_body(server: &mut ServerGuard, method: &str, path: &str, body: &str) -> Mock {
    expect(server, method, path)
        .match_header("content-type", "application/json")
        .match_body(Matcher::Exact(body.to_owned()))
}

/// Policy with a single poll.
fn once() -> PollPolicy {
    PollPolicy::default().deadline(Duration::ZERO)
}
