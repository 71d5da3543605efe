//! Builder of a local platform.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::clock::Clock;
use crate::error::LocalError;
use crate::handlers::Options;
use crate::http::fault::Faults;
use crate::http::hosts;
use crate::http::request_log::RequestLog;
use crate::http::router::Router;
use crate::http::server::{self, Server, ServerOptions};
use crate::http::service::Service;
use crate::jobs::JobQueue;
use crate::jobs::backend::Backend;
use crate::jobs::completion::Completion;
use crate::jobs::extraction::Extraction;
use crate::jobs::worker::JobWorker;
use crate::platform::LocalPlatform;
use crate::store::seed::SeedData;
use crate::store::{DataFile, InitialState, Store};
use crate::webhooks::client::AddressPolicy;
use crate::webhooks::dispatcher::WebhookDispatcher;

/// Builder of a [`LocalPlatform`].
///
/// ```
/// use mem0_local::{Clock, LocalPlatform};
///
/// let platform = LocalPlatform::builder()
///     .seed(42)
///     .clock(Clock::manual("2026-01-31T12:00:00Z".parse()?))
///     .strict(true)
///     .start()?;
/// assert!(platform.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct LocalPlatformBuilder {
    data_file: Option<PathBuf>,
    exclusive: bool,
    listen: SocketAddr,
    any_address: bool,
    seed: Option<u64>,
    seed_data: Option<SeedData>,
    clock: Clock,
    options: Options,
    extraction: Option<Extraction>,
    webhook_addresses: AddressPolicy,
    server: ServerOptions,
}

impl fmt::Debug for LocalPlatformBuilder {
    /// Omits the seed, from which the keys can be derived.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalPlatformBuilder")
            .field("data_file", &self.data_file)
            .field("exclusive", &self.exclusive)
            .field("listen", &self.listen)
            .field("any_address", &self.any_address)
            .field("seed_data", &self.seed_data)
            .field("clock", &self.clock)
            .field("options", &self.options)
            .field("webhook_addresses", &self.webhook_addresses)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl LocalPlatformBuilder {
    pub(crate) fn new() -> Self {
        Self {
            data_file: None,
            exclusive: false,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            any_address: false,
            seed: None,
            seed_data: None,
            clock: Clock::system(),
            options: Options {
                fields_filter: true,
                strict: false,
                known_faults: false,
                completion: Completion::Immediate,
                extracts: false,
            },
            extraction: None,
            webhook_addresses: AddressPolicy::Loopback,
            server: ServerOptions::default(),
        }
    }

    /// Stores the data in this file, which is created if it is missing. An existing file keeps its organizations,
    /// projects and keys. Acknowledged changes survive `kill -9` and power loss. Without a file, the data is in memory
    /// and is lost when the platform is dropped.
    ///
    /// The file contains API keys in plain text. On Unix, permissions of group and others are removed from the file and
    /// the files next to it. A file of another user (except root) and links next to the file are rejected. If `path`
    /// itself is a link, it is followed.
    pub fn data_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_file = Some(path.into());
        self
    }

    /// Sets whether the platform opens the data file exclusively. [`start`](Self::start) then fails if the file is open
    /// elsewhere, and a platform that opens it later fails or waits until this one is dropped. By default, several
    /// platforms may share a file.
    ///
    /// ```
    /// use mem0_local::{LocalError, LocalPlatform};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("mem0.db");
    /// let serving = LocalPlatform::builder().data_file(&file).start()?;
    /// let refused = LocalPlatform::builder().data_file(&file).exclusive(true).start();
    /// assert!(matches!(refused, Err(LocalError::InUse { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exclusive(mut self, exclusive: bool) -> Self {
        self.exclusive = exclusive;
        self
    }

    /// Sets the address to listen on. The default is `127.0.0.1:0`: loopback, any free port.
    /// [`start`](Self::start) refuses other addresses than loopback unless
    /// [`allow_any_address`](Self::allow_any_address) is on.
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Sets whether the platform may listen on an address that other machines can reach. Connections are plain HTTP: keys
    /// cross the network unencrypted.
    pub fn allow_any_address(mut self, allow: bool) -> Self {
        self.any_address = allow;
        self
    }

    /// Allows requests with this host name, on any port. May be called more than once. [`start`](Self::start) refuses a
    /// name with a scheme, a port or a wildcard, and an IPv6 address without brackets.
    ///
    /// The response to a request with any other `Host` is 421, except for loopback names and addresses. This protects
    /// against DNS rebinding: a web page could make its own host name resolve to this machine and read all data. A
    /// platform that [listens](Self::allow_any_address) beyond loopback also accepts IP addresses.
    ///
    /// ```
    /// use mem0_local::LocalPlatform;
    ///
    /// let platform = LocalPlatform::builder().allow_host("mem0.test").start()?;
    /// # drop(platform);
    /// # Ok::<(), mem0_local::LocalError>(())
    /// ```
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.server.hosts.push(name.into());
        self
    }

    /// Sets the maximum number of open connections. The default is 512. Beyond that, a new connection closes the one that
    /// has been idle longest.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.server.limits.connections = connections.clamp(1, 1 << 20);
        self
    }

    /// Sets the time limit for receiving a request head, for receiving a body, and for an idle connection. The default
    /// is one minute each.
    pub fn connection_timeout(mut self, timeout: Duration) -> Self {
        self.server.limits.wait = timeout;
        self
    }

    /// Makes IDs and keys reproducible: the same seed and the same requests result in the same IDs and keys. Anyone who
    /// knows the seed can derive the keys.
    ///
    /// Without a seed, IDs and keys are random. A data file keeps the seed it was created with.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Adds initial content to a new platform, besides the default user, organization and project. Ignored for an
    /// existing data file.
    pub fn seed_data(mut self, seed: SeedData) -> Self {
        self.seed_data = Some(seed);
        self
    }

    /// Sets the clock. The default is the system clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets whether `?fields=` on a project returns only these fields (the default) or has no effect. The documentation
    /// of the platform states both; see `docs/platform-api.md#effect-of-the-fields-parameter`.
    pub fn fields_filter(mut self, filter: bool) -> Self {
        self.options.fields_filter = filter;
        self
    }

    /// Sets whether unknown query parameters and body fields are refused with 400. By default they are ignored and
    /// recorded in the request log.
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// Sets whether documented faults of the hosted platform are reproduced: 500 for a search whose filter has a
    /// condition on `keywords`, and for feedback on a memory that does not exist. The default is off.
    pub fn known_faults(mut self, known_faults: bool) -> Self {
        self.options.known_faults = known_faults;
        self
    }

    /// Sets when memories of adds with `infer: true`, exports and profiles are completed. The default is
    /// [`Completion::Immediate`].
    pub fn completion(mut self, completion: Completion) -> Self {
        self.options.completion = completion;
        self
    }

    /// Sets a model that extracts facts from the messages of an add with `infer: true`. Without a model, each message
    /// becomes one memory, with the categories whose name or description shares a word with it.
    pub fn extraction(mut self, extraction: Extraction) -> Self {
        self.options.extracts = true;
        self.extraction = Some(extraction);
        self
    }

    /// Sets whether webhooks are delivered to any URL. By default, only URLs on this machine receive deliveries. Over
    /// `http`, memories are sent unencrypted. `https` uses the same trusted roots as a client, and needs a TLS feature
    /// and the feature `blocking` or `async`.
    pub fn allow_any_webhook(mut self, allow: bool) -> Self {
        self.webhook_addresses = if allow { AddressPolicy::Anywhere } else { AddressPolicy::Loopback };
        self
    }

    /// Starts the platform, which accepts requests when this method returns.
    ///
    /// # Errors
    /// - [`LocalError::NotLoopback`] or [`LocalError::Listen`] for the address to listen on;
    /// - [`LocalError::Invalid`] for an invalid host name or model;
    /// - [`LocalError::Content`] for invalid seed data;
    /// - another [`LocalError`] if the data file cannot be used or a thread cannot be started.
    pub fn start(self) -> Result<LocalPlatform, LocalError> {
        hosts::check(&self.server.hosts)?;
        let address = self.listen;
        let loopback = address.ip().is_loopback();
        if !loopback && !self.any_address {
            return Err(LocalError::NotLoopback { address });
        }
        let model = self.extraction.map(Extraction::check).transpose()?;
        let listener = TcpListener::bind(address).map_err(|source| LocalError::Listen { address, source })?;
        let initial =
            InitialState { seed: self.seed, content: self.seed_data, now: self.clock.now_in_microseconds() };
        let is_exclusive = self.exclusive;
        let file = self.data_file.as_deref().map(|path| DataFile { path, is_exclusive });
        let (store, defaults) = Store::open(file, &initial)?;
        let backend = Arc::new(Backend {
            store: Mutex::new(store),
            data_file: self.data_file,
            clock: self.clock,
            completion: self.options.completion,
            jobs: JobQueue::default(),
            model,
            dispatcher: WebhookDispatcher::new(self.webhook_addresses),
        });
        backend.enqueue_pending().map_err(|error| backend.named(error))?;
        let worker = JobWorker::start(backend.clone()).map_err(|source| LocalError::Thread { source })?;
        let service = Arc::new(Service {
            backend,
            router: Router::new(),
            faults: Faults::default(),
            request_log: RequestLog::default(),
            options: self.options,
            requests: AtomicU64::new(0),
        });
        let server = Server::start(listener, server::platform_router(service.clone()), &self.server)
            .map_err(|source| LocalError::Thread { source })?;
        Ok(LocalPlatform::new(server, worker, service, defaults))
    }
}

impl LocalPlatform {
    /// Starts a platform in memory on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`LocalError::Listen`] if no port is free, [`LocalError::Thread`] if a thread cannot be started.
    pub fn start() -> Result<Self, LocalError> {
        Self::builder().start()
    }

    /// Returns a builder with default settings.
    pub fn builder() -> LocalPlatformBuilder {
        LocalPlatformBuilder::new()
    }
}
