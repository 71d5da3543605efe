//! Calls of the fault table, in each flavour.

use std::time::Duration;

use mem0::client::RetryPolicy;
use mem0::{AsyncMemoryClient, Error, MemoryClient, ProjectFields, ProjectUpdate};

/// Call of the fault table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// A GET.
    Read,
    /// A PATCH: an idempotent write.
    Patch,
    /// A POST: a write that is not idempotent.
    Write,
}

/// Flavour of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    Blocking,
    Async,
}

pub(crate) const CALLS: [Call; 3] = [Call::Read, Call::Patch, Call::Write];
pub(crate) const FLAVOURS: [Flavour; 2] = [Flavour::Blocking, Flavour::Async];

/// Body limit of the clients.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// Time limits of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) attempt: Duration,
    pub(crate) call: Duration,
}

impl Limits {
    /// Limits for faults that the client must detect itself, before any limit.
    pub(crate) const LONG: Self = Self {
        connect: Duration::from_secs(30),
        attempt: Duration::from_secs(30),
        call: Duration::from_secs(90),
    };
    /// Limits for faults that end at a limit.
    pub(crate) const SHORT: Self = Self {
        connect: Duration::from_millis(700),
        attempt: Duration::from_millis(700),
        call: Duration::from_secs(90),
    };

    /// Limits that are ten times as long.
    pub(crate) fn longer(self) -> Self {
        Self { connect: 10 * self.connect, attempt: 10 * self.attempt, call: 10 * self.call }
    }
}

macro_rules! settings {
    ($builder:expr, $url:expr, $limits:expr) => {
        $builder
            .api_key("m0-hostile")
            .base_url($url)
            .org_id("org")
            .project_id("proj")
            .connect_timeout($limits.connect)
            .attempt_timeout($limits.attempt)
            .timeout($limits.call)
            .body_limit(BODY_LIMIT)
            .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)))
            .build()
            .unwrap()
    };
}

pub(crate) fn blocking_client(url: &str, limits: Limits) -> MemoryClient {
    settings!(MemoryClient::builder(), url, limits)
}

pub(crate) fn async_client(url: &str, limits: Limits) -> AsyncMemoryClient {
    settings!(AsyncMemoryClient::builder(), url, limits)
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Makes one call with a new client.
pub(crate) fn call(flavour: Flavour, call: Call, url: &str, limits: Limits) -> Result<(), Error> {
    match flavour {
        Flavour::Blocking => call_blocking(&blocking_client(url, limits), call).map(drop),
        Flavour::Async => runtime().block_on(call_async(&async_client(url, limits), call)).map(drop),
    }
}

/// Makes the call and returns the name or id of the response.
pub(crate) fn call_blocking(client: &MemoryClient, call: Call) -> Result<Option<String>, Error> {
    match call {
        Call::Read => client.project().get_fields(ProjectFields::new().name()).map(|project| project.name),
        Call::Patch => {
            client.project().update(ProjectUpdate::new().decay(true)).map(|updated| updated.message)
        }
        Call::Write => client.organizations().create("Acme").map(|made| made.message),
    }
}

/// Makes the call with the async client.
pub(crate) async fn call_async(client: &AsyncMemoryClient, call: Call) -> Result<Option<String>, Error> {
    match call {
        Call::Read => {
            client.project().get_fields(ProjectFields::new().name()).await.map(|project| project.name)
        }
        Call::Patch => {
            client.project().update(ProjectUpdate::new().decay(true)).await.map(|updated| updated.message)
        }
        Call::Write => client.organizations().create("Acme").await.map(|made| made.message),
    }
}
