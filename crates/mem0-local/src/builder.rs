//! How a local platform is to be.

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
use crate::webhooks::delivery::Reach;
use crate::webhooks::dispatcher::WebhookDispatcher;

/// How a [`LocalPlatform`] is to be: where it listens, what it keeps, how it behaves.
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
    webhook_reach: Reach,
    server: ServerOptions,
}

impl fmt::Debug for LocalPlatformBuilder {
    /// Without the seed, from which the keys can be told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalPlatformBuilder")
            .field("data_file", &self.data_file)
            .field("exclusive", &self.exclusive)
            .field("listen", &self.listen)
            .field("any_address", &self.any_address)
            .field("seed_data", &self.seed_data)
            .field("clock", &self.clock)
            .field("options", &self.options)
            .field("webhook_reach", &self.webhook_reach)
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
            webhook_reach: Reach::Loopback,
            server: ServerOptions::default(),
        }
    }

    /// Keeps everything in this file, which is made if it is missing. What was acknowledged survives
    /// `kill -9` and the loss of power. A file that is there already is gone on with: same organizations,
    /// projects and keys. Without a file everything is in memory and gone with the platform.
    ///
    /// The file holds API keys in the clear. On Unix it and the files beside it are their owner's only: what the group
    /// and others may do is taken from them, and a file of another user than root is refused, as are links beside it. A
    /// name that is itself a link stands for the file it leads to.
    pub fn data_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_file = Some(path.into());
        self
    }

    /// Whether nobody else may have the data file open: [`start`](Self::start) fails if somebody has, and who comes
    /// later fails or waits until this platform is dropped. Without this (the default) several platforms may share a
    /// file.
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

    /// Where it listens; `127.0.0.1:0`, any free port, unless this says otherwise. An address that is not
    /// this machine's loopback is refused by [`start`](Self::start).
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Whether it may listen where other machines reach it. It speaks plain HTTP: whoever listens in on the
    /// network reads the keys.
    pub fn allow_any_address(mut self, allow: bool) -> Self {
        self.any_address = allow;
        self
    }

    /// Allows requests with this host name, whatever their port. May be called more than once. A name with a scheme, a
    /// port or a wildcard, and an IPv6 address without brackets, are refused by [`start`](Self::start).
    ///
    /// A request whose `Host` is neither a loopback name or address nor allowed here is answered 421: a web page that has
    /// its own name point to this machine could read everything otherwise. A platform that
    /// [listens](Self::allow_any_address) beyond loopback also takes addresses.
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

    /// Sets how many connections may be open at once. The default is 512. Beyond that, the connection that has waited
    /// longest for its client is closed for a new one.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.server.limits.connections = connections.clamp(1, 1 << 20);
        self
    }

    /// Sets how long a connection may take to send the head of a request, may be idle, and may take for a body. The
    /// default is a minute.
    pub fn connection_timeout(mut self, timeout: Duration) -> Self {
        self.server.limits.wait = timeout;
        self
    }

    /// Makes identifiers and keys reproducible: the same seed and the same requests give the same ones.
    /// Everyone who knows the seed knows the keys.
    ///
    /// Without a seed, nobody can guess them. A data file keeps the seed it began with.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Content of your own for a new platform, beside its default content. A data file that is there
    /// already does not take it.
    pub fn seed_data(mut self, seed: SeedData) -> Self {
        self.seed_data = Some(seed);
        self
    }

    /// The time it lives in; the system's unless this says otherwise.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Whether `?fields=` on a project answers those fields only (the default) or has no effect: the
    /// platform's own pages say both (contract D1).
    pub fn fields_filter(mut self, filter: bool) -> Self {
        self.options.fields_filter = filter;
        self
    }

    /// Whether query names and body fields that an operation does not know are refused with 400, in place
    /// of being ignored and noted in the request log (the default).
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// Sets whether the faults of the hosted platform that its documentation names are here too: a search whose filter has
    /// a condition on `keywords`, and feedback on a memory that does not exist, are answered 500 there. They are not by
    /// default.
    pub fn known_faults(mut self, known_faults: bool) -> Self {
        self.options.known_faults = known_faults;
        self
    }

    /// When the memories of an add that infers, exports and profiles are there; [at once](Completion::Immediate) unless
    /// this says otherwise.
    pub fn completion(mut self, completion: Completion) -> Self {
        self.options.completion = completion;
        self
    }

    /// A model that extracts facts from the messages of an add that infers. Without one, what is stored is the
    /// messages as they are, filed under categories by the words they share with their names and descriptions.
    pub fn extraction(mut self, extraction: Extraction) -> Self {
        self.options.extracts = true;
        self.extraction = Some(extraction);
        self
    }

    /// Whether webhooks are told wherever their URL points, in place of on this machine only (the default). Over
    /// `http` they are sent memories in the clear. `https` takes a certificate that the same roots of trust stand for
    /// as for a client, and the features of a flavour and of TLS.
    pub fn allow_any_webhook(mut self, allow: bool) -> Self {
        self.webhook_reach = if allow { Reach::Anywhere } else { Reach::Loopback };
        self
    }

    /// Starts the platform. It is ready when this returns.
    ///
    /// # Errors
    /// A [`LocalError`] if the address may not or can't be listened on, if an allowed host is not a host name, or if the data file or the seed data
    /// can't be used.
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
            dispatcher: WebhookDispatcher::new(self.webhook_reach),
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
        let server = Server::start(listener, server::platform(service.clone()), &self.server)
            .map_err(|source| LocalError::Thread { source })?;
        Ok(LocalPlatform::new(server, worker, service, defaults))
    }
}

impl LocalPlatform {
    /// Starts one in memory on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// A [`LocalError`] if the port or the thread can't be had.
    pub fn start() -> Result<Self, LocalError> {
        Self::builder().start()
    }

    /// How it is to be.
    pub fn builder() -> LocalPlatformBuilder {
        LocalPlatformBuilder::new()
    }
}
