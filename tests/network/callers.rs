//! Clients of both flavours with the same settings, and their calls.

use std::time::Duration;

use mem0::client::{RetryPolicy, TlsBackend};
use mem0::{AsyncMemoryClient, Error, MemoryClient};

/// Flavour of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    Blocking,
    Async,
}

pub(crate) const FLAVOURS: [Flavour; 2] = [Flavour::Blocking, Flavour::Async];

/// Settings of a client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) base_url: String,
    pub(crate) proxy: Option<String>,
    pub(crate) root_certificates: Vec<Vec<u8>>,
    pub(crate) backend: Option<TlsBackend>,
    /// The default is 30 s.
    pub(crate) connect_timeout: Option<Duration>,
}

/// Client of one flavour.
pub(crate) enum Client {
    Blocking(MemoryClient),
    Async(AsyncMemoryClient, tokio::runtime::Runtime),
}

macro_rules! configured {
    ($builder:expr, $settings:expr) => {{
        let mut builder = $builder
            .api_key("m0-secret-key")
            .base_url($settings.base_url.clone())
            .allow_plaintext(true)
            .connect_timeout($settings.connect_timeout.unwrap_or(Duration::from_secs(30)))
            .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)));
        if let Some(proxy) = &$settings.proxy {
            builder = builder.proxy(proxy);
        }
        for pem in &$settings.root_certificates {
            builder = builder.add_root_certificate_pem(pem.clone());
        }
        if let Some(backend) = $settings.backend {
            builder = builder.tls_backend(backend);
        }
        builder.build()
    }};
}

impl Client {
    pub(crate) fn new(flavour: Flavour, settings: &Settings) -> Result<Self, Error> {
        Ok(match flavour {
            Flavour::Blocking => Self::Blocking(configured!(MemoryClient::builder(), settings)?),
            Flavour::Async => Self::Async(configured!(AsyncMemoryClient::builder(), settings)?, runtime()),
        })
    }

    /// A read, with a secret in its query.
    pub(crate) fn read(&self) -> Result<(), Error> {
        let path = ["v1", "ping", ""];
        match self {
            Self::Blocking(client) => client
                .request(mem0::client::Method::GET, path)
                .query("email", "ann@example.com")
                .send::<serde_json::Value>(),
            Self::Async(client, runtime) => runtime.block_on(
                client
                    .request(mem0::client::Method::GET, path)
                    .query("email", "ann@example.com")
                    .send::<serde_json::Value>(),
            ),
        }
        .map(drop)
    }

    /// A write that is not idempotent.
    pub(crate) fn write(&self) -> Result<(), Error> {
        match self {
            Self::Blocking(client) => client.organizations().create("Acme").map(drop),
            Self::Async(client, runtime) => runtime.block_on(client.organizations().create("Acme")).map(drop),
        }
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
