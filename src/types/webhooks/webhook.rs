//! Webhooks, and requests to create and update them.

use std::fmt;

use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::ids::WebhookId;
use crate::redact::Redacted;
use crate::types::Timestamp;
use crate::types::open_enum::ParsedValue;
use crate::types::resource::KeysOf;

open_enum! {
    /// Event type that a webhook subscribes to.
    ///
    /// ```
    /// use mem0::webhooks::WebhookEventType;
    ///
    /// assert_eq!(WebhookEventType::MemoryAdd.as_str(), "memory_add");
    /// assert_eq!("MEMORY_ADD".parse::<WebhookEventType>()?, WebhookEventType::MemoryAdd);
    /// assert!("memory_moved".parse::<WebhookEventType>().is_err());
    /// assert_eq!(WebhookEventType::Other("memory_moved".into()).as_str(), "memory_moved");
    /// # Ok::<(), mem0::Error>(())
    /// ```
    pub enum WebhookEventType("event_types") {
        /// `memory_add`: a memory was added.
        MemoryAdd = "memory_add",
        /// `memory_update`: a memory was changed.
        MemoryUpdate = "memory_update",
        /// `memory_delete`: a memory was deleted.
        MemoryDelete = "memory_delete",
        /// `memory_categorize`: categories were assigned to a memory.
        MemoryCategorize = "memory_categorize",
        /// `ingest_job_completed`: all items of an ingest job succeeded. The platform does not document the deliveries of
        /// ingest jobs.
        IngestJobCompleted = "ingest_job_completed",
        /// `ingest_job_partially_completed`: some items of an ingest job failed.
        IngestJobPartiallyCompleted = "ingest_job_partially_completed",
        /// `ingest_job_failed`: all items of an ingest job failed.
        IngestJobFailed = "ingest_job_failed",
        /// `ingest_job_cancelled`: an ingest job was cancelled.
        IngestJobCancelled = "ingest_job_cancelled",
    }
}

/// URL that a webhook delivers to.
///
/// Treat it as a secret: anyone who knows it can post to it, and it may contain a password or a token. `Debug` shows scheme,
/// host and port only.
///
/// ```
/// let url = mem0::webhooks::WebhookUrl::from("https://user:password@hooks.example.com:8443/T0/secret?token=secret");
/// assert_eq!(format!("{url:?}"), r#""https://hooks.example.com:8443/[hidden]""#);
/// assert!(url.as_str().ends_with("?token=secret"));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// Returns the whole URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Refuses a URL that the platform cannot deliver to. The message does not repeat it.
    pub(crate) fn check(&self) -> Result<()> {
        let refused = |message: &str| Err(Error::invalid("url", message));
        let Ok(uri) = self.0.parse::<Uri>() else {
            return refused("is not a valid URL; expected ASCII such as https://example.com/hook");
        };
        if !matches!(uri.scheme_str(), Some("https" | "http")) {
            return refused("has an unsupported scheme; expected https:// or http://");
        }
        let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty()) else {
            return refused("has no host; expected a URL such as https://example.com/hook");
        };
        let after_user = authority.as_str().rsplit('@').next().unwrap_or_default();
        if after_user != authority.host() && authority.port_u16().is_none() {
            return refused("has an invalid port; expected a number up to 65535");
        }
        Ok(())
    }
}

impl From<&str> for WebhookUrl {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for WebhookUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let Some((scheme, rest)) = self.0.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
            return f.write_str("\"[hidden]\"");
        };
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let shown = if host.len() == rest.len() { String::new() } else { "/[hidden]".to_owned() };
        fmt::Debug::fmt(&format!("{scheme}://{host}{shown}"), f)
    }
}

resource! {
    /// A webhook of a project.
    pub struct Webhook {
        /// Id of the webhook.
        pub webhook_id: WebhookId,
        /// Name.
        pub name: String,
        /// URL that the webhook delivers to.
        pub url: WebhookUrl,
        /// Event types that the webhook subscribes to.
        pub event_types: Vec<WebhookEventType>,
        /// User name of the creator.
        pub owner: String,
        /// Whether the webhook delivers events.
        pub is_active: bool,
        /// **Name** of the project, not its id.
        pub project: String,
        /// Time of creation.
        pub created_at: Timestamp,
        /// Time of the last change.
        pub updated_at: Timestamp,
    }
}

/// A webhook to create: name, URL and event types.
///
/// The platform has no usable default for the event types.
///
/// The platform does not sign deliveries: put a secret into the URL and check it on your server.
///
/// ```
/// use mem0::webhooks::{NewWebhook, WebhookEventType};
///
/// let webhook = NewWebhook::new(
///     "audit",
///     "https://example.com/hooks/7f3a",
///     [WebhookEventType::MemoryAdd, WebhookEventType::MemoryDelete],
/// );
/// assert_eq!(
///     serde_json::to_string(&webhook)?,
///     r#"{"url":"https://example.com/hooks/7f3a","name":"audit","event_types":["memory_add","memory_delete"]}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[must_use = "a NewWebhook does nothing until it is passed to `create`"]
pub struct NewWebhook {
    url: WebhookUrl,
    name: String,
    event_types: Vec<ParsedValue<WebhookEventType>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl NewWebhook {
    /// Creates a request for a webhook. An empty name, an invalid URL and an unknown event type are refused before
    /// anything is sent. An empty list of event types is sent as `[]`.
    pub fn new<I>(name: impl Into<String>, url: impl Into<WebhookUrl>, event_types: I) -> Self
    where
        I: IntoIterator,
        I::Item: TryInto<WebhookEventType, Error: Into<Error>>,
    {
        Self {
            url: url.into(),
            name: name.into(),
            event_types: event_types.into_iter().map(ParsedValue::new).collect(),
            is_active: None,
            extra: Map::new(),
        }
    }

    /// Whether the webhook delivers events. The default is `true`.
    pub fn is_active(mut self, is_active: bool) -> Self {
        self.is_active = Some(is_active);
        self
    }

    /// Sets a setting that this version of the crate does not know. Known settings are refused.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_name(&self.name)?;
        self.url.check()?;
        check_event_types(&self.event_types)?;
        check_extra(&self.extra, &["", "url", "name", "event_types", "is_active"])
    }
}

impl fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewWebhook")
            .field("name", &Redacted(&self.name))
            .field("url", &self.url)
            .field("event_types", &self.event_types)
            .field("is_active", &self.is_active)
            .field("extra", &KeysOf(&self.extra))
            .finish()
    }
}

/// Changes to a webhook.
///
/// Settings that are not set stay unchanged. An update without settings is refused before anything is sent.
///
/// ```
/// use mem0::webhooks::{WebhookEventType, WebhookUpdate};
///
/// let update = WebhookUpdate::new().name("audit").event_types([WebhookEventType::MemoryUpdate]);
/// assert_eq!(serde_json::to_string(&update)?, r#"{"name":"audit","event_types":["memory_update"]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[must_use = "a WebhookUpdate does nothing until it is passed to `update`"]
pub struct WebhookUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<WebhookUrl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_types: Option<Vec<ParsedValue<WebhookEventType>>>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl WebhookUpdate {
    /// Creates an update without settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Name. An empty name is refused before anything is sent.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// URL that the webhook delivers to. An invalid URL is refused before anything is sent.
    pub fn url(mut self, url: impl Into<WebhookUrl>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Event types, which replace all old ones. An unknown event type is refused before anything is sent. An empty list is
    /// sent as `[]`.
    pub fn event_types<I>(mut self, event_types: I) -> Self
    where
        I: IntoIterator,
        I::Item: TryInto<WebhookEventType, Error: Into<Error>>,
    {
        self.event_types = Some(event_types.into_iter().map(ParsedValue::new).collect());
        self
    }

    /// Sets a setting that this version of the crate does not know. Known settings are refused.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// Whether no setting is set.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.url.is_none() && self.event_types.is_none() && self.extra.is_empty()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_empty() {
            return Err(Error::invalid("update", "has no settings; set at least one"));
        }
        self.name.as_deref().map_or(Ok(()), check_name)?;
        self.url.as_ref().map_or(Ok(()), WebhookUrl::check)?;
        self.event_types.as_deref().map_or(Ok(()), check_event_types)?;
        check_extra(&self.extra, &["", "url", "name", "event_types"])
    }
}

impl fmt::Debug for WebhookUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookUpdate")
            .field("name", &Redacted(&self.name))
            .field("url", &self.url)
            .field("event_types", &self.event_types)
            .field("extra", &KeysOf(&self.extra))
            .finish()
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::invalid("name", "is empty; pass a name for the webhook"));
    }
    Ok(())
}

fn check_event_types(event_types: &[ParsedValue<WebhookEventType>]) -> Result<()> {
    for event_type in event_types {
        match &event_type.0 {
            Ok(known) if !known.as_str().trim().is_empty() => {}
            Ok(_) => return Err(Error::invalid("event_types", "has an empty value; leave it out")),
            Err(message) => return Err(Error::invalid("event_types", format!("has a value that {message}"))),
        }
    }
    Ok(())
}

/// Refuses known keys: a duplicate key in the body has no defined meaning.
fn check_extra(extra: &Map<String, Value>, own: &[&str]) -> Result<()> {
    match extra.keys().find(|name| own.contains(&name.as_str())) {
        Some(name) => {
            Err(Error::invalid("set", format!("has the known setting `{name}`; use its own method")))
        }
        None => Ok(()),
    }
}
