//! Builder of clients.

use std::time::Duration;

use super::{DefaultTransport, HttpTransport, MemoryClient, Transport};
use crate::client::config::Config;
use crate::client::proxy::ProxySetting;
use crate::client::retry::{RetryBudget, RetryPolicy};
use crate::client::settings::{Settings, env_var};
use crate::client::tls::TlsBackend;
use crate::error::{Error, Result};
use crate::ids::{OrgId, ProjectId};

/// Builder of a client, created by [`MemoryClient::builder`].
///
/// [`build`](Self::build) checks the settings, and sends nothing.
///
/// ```
/// use std::time::Duration;
#[doc = concat!("use mem0::", flavour!("blocking", "asynchronous"), "::MemoryClient;")]
/// use mem0::client::RetryPolicy;
///
/// let client = MemoryClient::builder()
///     .api_key("m0-key")
///     .base_url("http://127.0.0.1:8080/mem0/")
///     .timeout(Duration::from_secs(20))
///     .retry(RetryPolicy::default().max_retries(4))
///     .header("X-Team", "search")
///     .application("support-bot")
///     .build()?;
/// # Ok::<(), mem0::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a ClientBuilder does nothing until `build` is called"]
pub struct ClientBuilder {
    settings: Settings,
}

impl MemoryClient {
    /// Creates a client of the hosted platform with this API key.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if the key is empty, or contains whitespace or non-ASCII characters. The
    /// message does not show the key.
    pub fn new(api_key: impl Into<String>) -> Result<Self> {
        ClientBuilder::default().api_key(api_key).build()
    }

    /// Creates a client with the API key of `MEM0_API_KEY`, and with the base URL of `MEM0_BASE_URL` if that is set.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`], in particular [`Error::Config`](crate::Error::Config) without an API key.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env().build()
    }

    /// Creates a builder with the default settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl ClientBuilder {
    /// Creates a builder with the API key of `MEM0_API_KEY` and the base URL of `MEM0_BASE_URL`, if they are set.
    pub fn from_env() -> Self {
        Self { settings: Settings::from_environment(env_var) }
    }

    /// Sets the API key, which is sent to the host of the base URL only and is never shown.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_key = Some(key.into());
        self
    }

    /// Sets the base URL, with or without a trailing slash. A path in it is a prefix of all paths. The default is
    /// `https://api.mem0.ai`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = Some(url.into());
        self
    }

    /// Sets the organization of [`MemoryClient::project`], in place of the organization of the key. Requires
    /// [`project_id`](Self::project_id).
    pub fn org_id(mut self, id: impl Into<OrgId>) -> Self {
        self.settings.org_id = Some(id.into());
        self
    }

    /// Sets the project of [`MemoryClient::project`], in place of the project of the key. Requires
    /// [`org_id`](Self::org_id).
    ///
    /// This setting does not select the project of memories. Calls for memories, entities, events, exports and profiles
    /// always work in the key's project. If the setting names a different project, these calls fail with
    /// [`Error::Config`](crate::Error::Config) before they are sent; to find out, the client requests the key's
    /// identity once. For memories of another project, use a key of that project: [`MemoryClient::with_api_key`].
    pub fn project_id(mut self, id: impl Into<ProjectId>) -> Self {
        self.settings.project_id = Some(id.into());
        self
    }

    /// Limits the time for DNS resolution, connecting and the TLS handshake. The default is 10 s.
    ///
    /// A transport of your own keeps its own limit.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// Limits the time of one attempt: a request and its response, body included. The default is 60 s.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = timeout;
        self
    }

    /// Limits the time of a whole call, with its retries and the delays between them. The default is 180 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Sets the retry policy.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// Sets the retry budget.
    ///
    /// Clones of the client share it. Pass one budget to several clients to share it among them.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.settings.retry_budget = budget;
        self
    }

    /// Adds a header to every request.
    ///
    /// [`build`](Self::build) refuses the headers that the client sets itself (`Authorization`, `Host`, `Content-Type`,
    /// …).
    ///
    /// `X-Mem0-Client` lists the programs that a request passes through, separated by commas. Your entries replace
    /// those of `MEM0_CLIENT_STACK`, and the client appends its own. The platform accepts 4 entries and 200 characters.
    /// Entries that do not fit are left out, except the one of this crate.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.headers.push((name.into(), value.into()));
        self
    }

    /// Limits the size of a response body, in bytes after decompression. The default is 16 MiB.
    ///
    /// A JSON object counts as at least 64 bytes, because its value takes far more memory than its text: with the
    /// default, a response with more than 262,144 objects is [`TooLarge`](crate::Error::TooLarge). 4,096 objects are
    /// always accepted. Decoding a malicious response may take up to 30 times the limit in memory: set a lower limit
    /// for a server that you do not trust.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.body_limit = bytes;
        self
    }

    /// Sets the name of the application, sent as `X-Application`. The default is `MEM0_APPLICATION`.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.settings.application = Some(name.into());
        self
    }

    /// Sets the source of the calls, sent as `X-Mem0-Source`. The default is `MEM0_SOURCE`.
    pub fn source(mut self, name: impl Into<String>) -> Self {
        self.settings.source = Some(name.into());
        self
    }

    /// Sets whether `http://` is allowed for other machines than this one. The default is `false`, because the API key
    /// would be sent unencrypted.
    pub fn allow_plaintext(mut self, allow: bool) -> Self {
        self.settings.allow_plaintext = allow;
        self
    }

    /// Sends every request through this proxy, regardless of the environment, and also to loopback addresses.
    ///
    /// The URL is `http://`, `https://`, `socks5://` or `socks5h://`, with user name and password if the proxy needs
    /// them. Percent-encode their special characters (`@` as `%40`). With `socks5h`, the proxy resolves host names. An
    /// `https://` proxy supports `https` base URLs only.
    ///
    /// By default, the client reads the same environment variables as curl: `HTTPS_PROXY` or `HTTP_PROXY` depending on
    /// the scheme of the base URL, or else `ALL_PROXY`, in lower or upper case. It connects directly to loopback
    /// addresses and to the entries of `NO_PROXY`: `*`, domains with their subdomains, IP addresses and CIDR ranges,
    /// separated by commas.
    ///
    /// An `https` base URL is reached through a `CONNECT` tunnel, an `http` base URL by requests in absolute form. A
    /// transport passed to [`build_with_transport`](Self::build_with_transport) has its own proxy settings.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.proxy = ProxySetting::Url(url.into());
        self
    }

    /// Connects directly, regardless of the environment.
    pub fn no_proxy(mut self) -> Self {
        self.settings.proxy = ProxySetting::Direct;
        self
    }

    /// Trusts the certificates of a PEM text in addition to those of the operating system's store, such as the CA of a
    /// proxy that inspects TLS. May be called more than once.
    ///
    /// On Linux, `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the store. Without a store, as in a container built from
    /// scratch, Mozilla's root certificates are used.
    pub fn add_root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.tls.root_certificates.push(pem.into());
        self
    }

    /// Sets the TLS library. The default is rustls if the feature `rustls` is on.
    pub fn tls_backend(mut self, backend: TlsBackend) -> Self {
        self.settings.tls.backend = Some(backend);
        self
    }

    /// Builds the client with the default transport. This sends nothing and resolves no name. For an `https` base URL,
    /// it reads the certificates of the operating system.
    ///
    /// # Errors
    /// [`Error::Config`], which names the setting, for:
    ///
    /// - a missing API key, or one with whitespace or non-ASCII characters; the key of an offline platform for another
    ///   machine;
    /// - a base URL that is invalid, contains credentials, or would send the key unencrypted to another machine;
    /// - an organization without a project, or the reverse;
    /// - a zero timeout;
    /// - a header that is invalid or reserved for the client;
    /// - an invalid proxy URL, of the builder or of the environment;
    /// - a PEM text without a certificate, or `SSL_CERT_FILE` or `SSL_CERT_DIR` without a readable certificate;
    /// - an `https` URL or a TLS backend without its feature.
    pub fn build(self) -> Result<MemoryClient> {
        let config = self.checked()?;
        let transport = HttpTransport::new(&config.transport_settings(env_var)?)?;
        Ok(MemoryClient::from_parts(config, transport.into()))
    }

    /// Builds the client with a transport of your own, or with a configured client of the HTTP library.
    ///
    /// The transport becomes part of the client's type. To keep the type `MemoryClient`, pass a
    /// [`BoxTransport`](super::super::BoxTransport).
    ///
    /// # Errors
    /// As [`build`](Self::build), except for TLS and proxy settings: those are up to the transport.
    pub fn build_with_transport<T: Transport>(self, transport: T) -> Result<MemoryClient<T>> {
        Ok(MemoryClient::from_parts(self.checked()?, transport))
    }

    /// Builds the client with your wrapper around the default transport, for example to measure, sign or block
    /// requests. The client keeps its type.
    ///
    /// `HttpTransport` stands for the flavour's own transport: `blocking::Ureq` or `asynchronous::Reqwest`. The wrapper
    /// runs once per attempt. To change a request, clone it and use
    /// [`Request::headers_mut`](crate::client::Request::headers_mut); see `examples/middleware.rs`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn wrap_transport<T: Transport>(self, wrap: impl FnOnce(HttpTransport) -> T) -> Result<MemoryClient> {
        let config = self.checked()?;
        let transport = wrap(HttpTransport::new(&config.transport_settings(env_var)?)?);
        Ok(MemoryClient::from_parts(config, DefaultTransport::new(transport)))
    }

    fn checked(self) -> Result<Config> {
        self.settings.check(env_var).map_err(|error| match error {
            // An id is a setting here, not an argument.
            Error::Invalid { field, message } => Error::Config { field, message },
            error => error,
        })
    }
}
