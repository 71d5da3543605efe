//! Tests of the local platform over HTTP: with the clients of the SDK, and with raw bytes where the format on the
//! wire matters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod asynchronous;
mod blocking;
mod bodies;
mod clock;
mod concurrency;
mod connections;
mod content;
mod data_file;
mod dump;
mod faults;
mod filter_property;
mod filters;
mod fixtures;
mod hostile;
mod hosts;
mod http;
mod isolation;
mod lifetime;
mod lists;
mod memories;
mod odd;
mod operations;
mod plan;
mod raw_http;
mod request_log;
mod rest;
mod search;
mod seed;

const ORGANIZATIONS: &str = "/api/v1/orgs/organizations/";

fn organization(org_id: &str) -> String {
    format!("{ORGANIZATIONS}{org_id}/")
}

fn project(org_id: &str, project_id: &str) -> String {
    format!("{ORGANIZATIONS}{org_id}/projects/{project_id}/")
}
