//! How a client is made.

use std::time::Duration;

use super::{DefaultTransport, MemoryClient, Transport};
use crate::client::config::{Config, Settings, variable};
use crate::client::proxy::ProxySetting;
use crate::client::retry::{RetryBudget, RetryPolicy};
use crate::client::tls::TlsBackend;
use crate::error::{Error, Result};
use crate::ids::{OrgId, ProjectId};

/// Settings of a client to be. Made by [`MemoryClient::builder`].
///
/// Nothing is checked before [`build`](Self::build), and nothing is sent by it.
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
#[must_use = "a ClientBuilder makes a client by `build`"]
pub struct ClientBuilder {
    settings: Settings,
}

impl MemoryClient {
    /// A client of the hosted platform with the given key.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if the key is empty or can't travel in a header. The message does
    /// not show it.
    pub fn new(api_key: impl Into<String>) -> Result<Self> {
        ClientBuilder::default().api_key(api_key).build()
    }

    /// A client with the key of `MEM0_API_KEY` and the base URL of `MEM0_BASE_URL`, if that is set.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if there is no key, or for the reasons of [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env().build()
    }

    /// Settings of a client to be.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl ClientBuilder {
    /// A builder with the key and the base URL of `MEM0_API_KEY` and `MEM0_BASE_URL`, where they are set.
    pub fn from_env() -> Self {
        Self { settings: Settings::from_environment(variable) }
    }

    /// The API key. It is sent to the base URL's host only, and never shown.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_key = Some(key.into());
        self
    }

    /// Where the platform is, with or without a slash at the end; `https://api.mem0.ai` unless set. A path in
    /// it comes before the platform's own.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = Some(url.into());
        self
    }

    /// The organization of [`MemoryClient::project`], in place of the key's own. Goes with
    /// [`project_id`](Self::project_id).
    pub fn org_id(mut self, id: impl Into<OrgId>) -> Self {
        self.settings.org_id = Some(id.into());
        self
    }

    /// The project of [`MemoryClient::project`], in place of the key's own. Goes with [`org_id`](Self::org_id).
    ///
    /// It does not move memories: one key, one project. Calls about memories, entities, events, exports and profiles
    /// follow the key. If this project is not the key's own, they fail with
    /// [`Error::Config`](crate::Error::Config) before anything else is sent; the client asks for the key's identity
    /// once to find out. To work in the memories of another project, use a key of that project:
    /// [`MemoryClient::with_api_key`].
    pub fn project_id(mut self, id: impl Into<ProjectId>) -> Self {
        self.settings.project_id = Some(id.into());
        self
    }

    /// How long resolving, connecting and the TLS handshake may take; 10 s unless set.
    ///
    /// A transport that is brought along keeps its own limit.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How long one request and its answer may take, the answer's body included; 60 s unless set.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = timeout;
        self
    }

    /// How long a whole call may take, with its retries and waits; 180 s unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// When calls are tried again: how often, and after which waits.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// What all retries together may cost. Clones of the client share it; give the same one to several
    /// clients to let them share it too.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.settings.retry_budget = budget;
        self
    }

    /// A header to send with every request. Those that the client sets itself (`Authorization`, `Host`,
    /// `Content-Type`, …) are refused by [`build`](Self::build).
    ///
    /// `X-Mem0-Client` names the programs that a request comes through, separated by commas. Yours are sent in place of
    /// those of `MEM0_CLIENT_STACK`, and this crate's own entry is appended. The platform takes 4 entries and 200
    /// characters: entries that do not fit are left out, never this crate's.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.headers.push((name.into(), value.into()));
        self
    }

    /// Limits the body of an answer to this many bytes after decompression. The default is 16 MiB.
    ///
    /// An object in it counts for 64 bytes at least, since reading it takes far more memory than its text: with the
    /// default, an answer of more than 262,144 objects is [`TooLarge`](crate::Error::TooLarge). 4,096 objects are always
    /// taken. Reading an answer that was made for it takes up to 30 times the limit in memory: set a lower limit where
    /// you call a server that you do not trust.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.body_limit = bytes;
        self
    }

    /// The application's name, sent as `X-Application`; `MEM0_APPLICATION` unless set.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.settings.application = Some(name.into());
        self
    }

    /// Where the calls come from, sent as `X-Mem0-Source`; `MEM0_SOURCE` unless set.
    pub fn source(mut self, name: impl Into<String>) -> Self {
        self.settings.source = Some(name.into());
        self
    }

    /// Whether `http://` is allowed to other machines than this one. The key then travels in the open.
    pub fn allow_plaintext(mut self, allow: bool) -> Self {
        self.settings.allow_plaintext = allow;
        self
    }

    /// Proxy to send every request through, the environment and loopback addresses notwithstanding.
    ///
    /// The URL is `http://`, `https://`, `socks5://` or `socks5h://`, with a user name and password where the proxy wants
    /// them; their special characters are percent-encoded (`@` as `%40`). With `socks5h` the proxy resolves host names.
    /// An `https://` proxy serves `https` base URLs only.
    ///
    /// Without this, the environment decides, as for curl: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the base
    /// URL, else `ALL_PROXY`, in lower or upper case; not for loopback addresses, nor for what `NO_PROXY` lists: `*`,
    /// domains with their subdomains, IP addresses and CIDR ranges, separated by commas.
    ///
    /// An `https` base URL is reached by a `CONNECT` tunnel, an `http` one by requests in absolute form. A
    /// transport that is given to [`build_with_transport`](Self::build_with_transport) has proxy settings of its own.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.proxy = ProxySetting::Url(url.into());
        self
    }

    /// Connects directly, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.settings.proxy = ProxySetting::Direct;
        self
    }

    /// Certificate to trust beside those of the operating system's store, such as the CA of a proxy that inspects TLS:
    /// one or more certificates in PEM. May be called more than once.
    ///
    /// The store is the one that the operating system's own programs trust. On Linux, `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name another one. Where there is none, as in a container made from scratch, Mozilla's roots
    /// take its place.
    pub fn add_root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.tls.root_certificates.push(pem.into());
        self
    }

    /// Library that does TLS; rustls unless set, where the feature `rustls` is on.
    pub fn tls_backend(mut self, backend: TlsBackend) -> Self {
        self.settings.tls.backend = Some(backend);
        self
    }

    /// Builds the client on this flavour's own transport. Sends nothing and resolves nothing; for an `https` base URL,
    /// the operating system's certificates are read.
    ///
    /// # Errors
    /// [`Error::Config`], naming the setting: a missing API key, or one with a character that is not allowed in a
    /// header value; a base URL that is not valid, has credentials, or would send the key unencrypted to another
    /// machine; a local platform's key for another machine; an organization without a project, or the reverse; a zero
    /// timeout; a header that is invalid or reserved for the client; a proxy URL, of the builder or the environment,
    /// that is not valid; a PEM text without a certificate; `SSL_CERT_FILE` or `SSL_CERT_DIR` without a readable
    /// certificate; an `https` URL or a TLS backend without its feature.
    pub fn build(self) -> Result<MemoryClient> {
        self.wrap_transport(|transport| transport)
    }

    /// Builds the client on a transport of your own, or on a configured client of this flavour's HTTP library.
    ///
    /// # Errors
    /// As [`build`](Self::build), save those of TLS, which is the transport's business.
    pub fn build_with_transport<T: Transport>(self, transport: T) -> Result<MemoryClient<T>> {
        Ok(MemoryClient::of(self.checked()?, transport))
    }

    /// Builds the client on this flavour's own transport with something of yours around it, to count, show or stop
    /// requests.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn wrap_transport<T: Transport>(
        self,
        around: impl FnOnce(DefaultTransport) -> T,
    ) -> Result<MemoryClient<T>> {
        let config = self.checked()?;
        let transport = around(DefaultTransport::new(&config.transport_settings(variable)?)?);
        Ok(MemoryClient::of(config, transport))
    }

    fn checked(self) -> Result<Config> {
        self.settings.check(variable).map_err(|error| match error {
            // Nothing is sent by building, and an identifier is a setting here.
            Error::Invalid { field, message } => Error::Config { field, message },
            error => error,
        })
    }
}
