//! The client: settings, transport and the retry loop.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use http::Method;
use serde::de::DeserializeOwned;

use super::{DefaultTransport, Lock, Transport, maybe_async};
use crate::client::call::Call;
use crate::client::config::Config;
use crate::client::options::RequestOptions;
use crate::client::request::{Request, Segment};
use crate::client::response::Response;
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::client::retry::{Decision, RetryBudget};
use crate::error::Result;
use crate::ids::{OrgId, ProjectId};
use crate::types::Identity;

/// A client of the Mem0 Platform.
///
/// Cloning is cheap: clones share the connections, the retry budget and the identity of the key. Building a client
/// sends nothing; [`ClientBuilder`](super::ClientBuilder) lists the settings.
///
/// An API key belongs to one project. Calls for memories, entities, events, exports and profiles always work in that
/// project. For several projects, use one client per key: [`with_api_key`](Self::with_api_key).
///
/// `T` is the transport. `S` is the response mode: calls return the value alone, or an
/// [`ApiResponse`](crate::client::ApiResponse) after [`with_response`](Self::with_response).
///
#[doc = example!(
"let project = client.project().get()" await "?;
println!(\"{}\", project.name_or_id());"
)]
pub struct MemoryClient<T = DefaultTransport, S = ValueOnly> {
    pub(super) inner: Arc<Inner<T>>,
    pub(super) options: Arc<RequestOptions>,
    mode: PhantomData<fn() -> S>,
}

pub(super) struct Inner<T> {
    pub(super) config: Config,
    pub(super) transport: T,
    pub(super) key_project: Arc<KeyProjectCache>,
}

/// Cache of the key's project. One caller requests it and holds the lock; the others wait.
#[derive(Default)]
pub(super) struct KeyProjectCache {
    pub(super) project: OnceLock<KeyProject>,
    pub(super) lock: Lock,
}

/// Project of an API key, and its organization if the platform names one.
pub(super) struct KeyProject {
    pub(super) org_id: Option<OrgId>,
    pub(super) project_id: ProjectId,
}

impl<T: Transport> MemoryClient<T> {
    pub(super) fn from_parts(config: Config, transport: T) -> Self {
        let inner = Inner { config, transport, key_project: Arc::default() };
        Self { inner: Arc::new(inner), options: Arc::default(), mode: PhantomData }
    }
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a clone of the client with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { options: Arc::new(options), ..self.clone() }
    }

    /// Creates a client for another API key that shares the connections and settings of this client.
    ///
    /// The shared settings are base URL, timeouts, retry policy and budget, headers and options. A process that serves
    /// many customers, each with their own key, needs only one connection pool. For a retry budget per customer, see
    /// [`with_retry_budget`](Self::with_retry_budget).
    ///
    /// The builder's organization and project belong to the old key and are dropped: the new client works in the
    /// project of the new key.
    ///
    /// Sends nothing, and is cheap enough to call once per request. If you keep the client, it requests the project of
    /// its key only once, when [`project`](Self::project) needs it.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) for a key that [`ClientBuilder::build`](super::ClientBuilder::build)
    /// refuses: an empty key, one with whitespace or non-ASCII characters, or the key of an offline platform for another
    /// machine. The message does not show the key.
    ///
    #[doc = example!(
    "# let acme_key = \"m0-key-of-acme\";
let acme = client.with_api_key(acme_key)?;
println!(\"{acme:?}\");"
    )]
    pub fn with_api_key(&self, api_key: impl Into<String>) -> Result<Self> {
        let config = self.inner.config.with_key(&api_key.into())?;
        let transport = self.inner.transport.clone();
        let inner = Inner { config, transport, key_project: Arc::default() };
        Ok(Self { inner: Arc::new(inner), options: self.options.clone(), mode: PhantomData })
    }

    /// Returns a clone of the client with this retry budget in place of the shared one.
    ///
    /// The clone shares everything else: connections, settings, options and the identity of the key. Clones of the
    /// clone, and clients that [`with_api_key`](Self::with_api_key) creates from it, share the new budget.
    ///
    /// With a budget per customer, the failing calls of one customer do not use up the retries of the others. Keep the
    /// client, or the budget: a new budget is full.
    ///
    #[doc = example!(
    "use mem0::client::RetryBudget;

# let acme_key = platform.api_key();
let acme = client.with_api_key(acme_key)?.with_retry_budget(RetryBudget::new(10));
println!(\"{:?}\", acme.ping()" await "?.project_id);"
    )]
    #[must_use]
    pub fn with_retry_budget(&self, budget: RetryBudget) -> Self {
        let config = Config { retry_budget: budget, ..self.inner.config.clone() };
        let (transport, key_project) = (self.inner.transport.clone(), self.inner.key_project.clone());
        let inner = Inner { config, transport, key_project };
        Self { inner: Arc::new(inner), ..self.clone() }
    }

    /// Returns a clone of the client whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with
    /// the status, headers and request id.
    ///
    #[doc = example!(
    "let response = client.with_response().ping()" await "?;
println!(\"{} {:?}\", response.status, response.request_id);
println!(\"{}\", response.value.project_id()?);"
    )]
    pub fn with_response(&self) -> MemoryClient<T, FullResponse> {
        MemoryClient { inner: self.inner.clone(), options: self.options.clone(), mode: PhantomData }
    }

    pub(super) fn begin(&self) -> Result<Call> {
        Call::begin(&self.inner.config, &self.options)
    }

    pub(super) fn request_to<'a>(
        &self,
        method: Method,
        segments: impl IntoIterator<Item = Segment<'a>>,
    ) -> Result<Request> {
        Request::new(method, &self.inner.config, segments)
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns the identity behind the API key: `GET /v1/ping/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 401 if the platform does not know the key. Like every call:
    /// [`Error::Transport`](crate::Error::Transport), [`Error::Timeout`](crate::Error::Timeout),
    /// [`Error::Decode`](crate::Error::Decode), [`Error::TooLarge`](crate::Error::TooLarge).
    ///
    #[doc = example!(
    "let identity = client.ping()" await "?;
println!(\"project {} of organization {}\", identity.project_id()?, identity.org_id()?);"
    )]
    pub async fn ping(&self) -> Result<S::Of<Identity>> {
        let call = self.begin()?;
        let (identity, response) = self.fetch_identity(&call).await?;
        Ok(S::convert(identity, |identity| response.into_api_response(identity, &self.inner.config.key)))
    }

    /// Sends a request as a call of its own and returns its value in the client's response mode.
    pub(super) async fn send<V: DeserializeOwned>(&self, request: Request) -> Result<S::Of<V>> {
        let call = self.begin()?;
        self.send_within(&call, request).await
    }

    /// Sends a request within a call that has begun, so that an earlier lookup counts towards the call's timeout.
    pub(super) async fn send_within<V: DeserializeOwned>(
        &self,
        call: &Call,
        mut request: Request,
    ) -> Result<S::Of<V>> {
        let (value, response, _) = self.receive(call, &mut request).await?;
        Ok(S::convert(value, |value| response.into_api_response(value, &self.inner.config.key)))
    }

    /// Sends a request and decodes its value. Returns the response and the number of attempts too. Every request but
    /// the lookup of the key's identity goes through here.
    pub(super) async fn receive<V: DeserializeOwned>(
        &self,
        call: &Call,
        request: &mut Request,
    ) -> Result<(V, Response, u32)> {
        if request.uses_key_project() {
            self.check_own_project(call).await?;
        }
        self.receive_unchecked(call, request).await
    }

    /// Sends a request like `receive`, without the check of the key's project.
    pub(super) async fn receive_unchecked<V: DeserializeOwned>(
        &self,
        call: &Call,
        request: &mut Request,
    ) -> Result<(V, Response, u32)> {
        let (response, attempts) = self.exchange(call, request).await?;
        match response.decode(request, &self.inner.config.key) {
            Ok(value) => Ok((value, response, attempts)),
            Err(error) => Err(call.failed(error, request, attempts)),
        }
    }

    /// Sends the request until it succeeds or fails with an error that is not retried. Returns the number of attempts
    /// too.
    async fn exchange(&self, call: &Call, request: &mut Request) -> Result<(Response, u32)> {
        let config = &self.inner.config;
        let trace = call.trace(request);
        call.begin_request();
        call.prepare(request)?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            request.set_timeout(call.attempt_limit());
            let outcome = self.inner.transport.execute(request).await;
            let error = match outcome.and_then(|response| response.check_status(request, &config.key)) {
                Ok(response) => {
                    if attempts == 1 {
                        config.retry_budget.refund();
                    }
                    trace.succeeded(response.status(), attempts);
                    return Ok((response, attempts));
                }
                Err(error) => call.classify_timeout(error, request),
            };
            match call.decide(request, attempts, &error) {
                Decision::Retry(wait) if config.retry_budget.take() => {
                    let error = call.failed(error, request, attempts);
                    trace.retries(request, &error, attempts, wait);
                    call.record_attempt(&error);
                    self.inner.transport.sleep(wait).await;
                }
                _ => {
                    let error = call.failed(error, request, attempts);
                    trace.failed(&error);
                    return Err(error);
                }
            }
        }
    }
}

impl<T, S> Clone for MemoryClient<T, S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), options: self.options.clone(), mode: PhantomData }
    }
}

impl<T, S> fmt::Debug for MemoryClient<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryClient")
            .field("base_url", &self.inner.config.base_url)
            .field("scope", &self.inner.config.scope)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
