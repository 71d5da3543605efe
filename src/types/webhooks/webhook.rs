//! Webhooks: where a project's events are told.

use std::fmt;

use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::id::WebhookId;
use crate::redact::Redacted;
use crate::types::Timestamp;
use crate::types::open_enum::CallerWord;
use crate::types::resource::KeysOf;

open_enum! {
    /// What a webhook is told of (contract 7).
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
        /// `memory_update`: a memory changed.
        MemoryUpdate = "memory_update",
        /// `memory_delete`: a memory was deleted.
        MemoryDelete = "memory_delete",
        /// `memory_categorize`: a memory was given its categories.
        MemoryCategorize = "memory_categorize",
        /// `ingest_job_completed`: all items of a job went well. What is delivered is not documented.
        IngestJobCompleted = "ingest_job_completed",
        /// `ingest_job_partially_completed`: some items of a job failed.
        IngestJobPartiallyCompleted = "ingest_job_partially_completed",
        /// `ingest_job_failed`: all items of a job failed.
        IngestJobFailed = "ingest_job_failed",
        /// `ingest_job_cancelled`: a job was cancelled.
        IngestJobCancelled = "ingest_job_cancelled",
    }
}

/// Where a webhook delivers to.
///
/// Whoever knows the URL may post to it, and many hold a password or a token besides: `Debug` shows scheme, host
/// and port only.
///
/// ```
/// let url = mem0::webhooks::WebhookUrl::from("https://user:password@hooks.example.com:8443/T0/secret?token=secret");
/// assert_eq!(format!("{url:?}"), r#""https://hooks.example.com:8443/[hidden]""#);
/// assert!(url.as_str().ends_with("?token=secret"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// The URL as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Refuses what nothing can be delivered to, without repeating it.
    pub(crate) fn check(&self) -> Result<()> {
        let refused = |message: &str| Err(Error::invalid("url", message));
        let Ok(uri) = self.0.parse::<Uri>() else {
            return refused("is no URL; expected something like https://example.com/hook, in ASCII");
        };
        if !matches!(uri.scheme_str(), Some("https" | "http")) {
            return refused("has to start with https:// or http://");
        }
        let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty()) else {
            return refused("names no host; expected something like https://example.com/hook");
        };
        let after_user = authority.as_str().rsplit('@').next().unwrap_or_default();
        if after_user != authority.host() && authority.port_u16().is_none() {
            return refused("has a port that is none; expected a number up to 65535");
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
    /// A webhook (contract 7).
    pub struct Webhook {
        /// Its identifier.
        pub webhook_id: WebhookId,
        /// Its name.
        pub name: String,
        /// Where it delivers to.
        pub url: WebhookUrl,
        /// What it is told of.
        pub event_types: Vec<WebhookEventType>,
        /// The user name of its creator, set by the platform.
        pub owner: String,
        /// Whether it delivers at all.
        pub is_active: bool,
        /// The **name** of its project, not the identifier.
        pub project: String,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

/// A webhook to be created: its name, where it delivers to, and what it is told of. The platform has no useful default
/// for the last (contract 7).
///
/// The platform delivers without a signature of any kind: put something into the URL that nobody else knows, and
/// have your server check it.
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
#[derive(Clone, PartialEq, Serialize)]
#[must_use = "a NewWebhook does nothing until it is passed to `create`"]
pub struct NewWebhook {
    url: WebhookUrl,
    name: String,
    event_types: Vec<CallerWord<WebhookEventType>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl NewWebhook {
    /// A webhook. An empty name, a URL that is none and an event type that is unknown are refused before anything is
    /// sent. No event types are sent as the empty list.
    pub fn new<I>(name: impl Into<String>, url: impl Into<WebhookUrl>, event_types: I) -> Self
    where
        I: IntoIterator,
        I::Item: TryInto<WebhookEventType, Error: Into<Error>>,
    {
        Self {
            url: url.into(),
            name: name.into(),
            event_types: event_types.into_iter().map(CallerWord::new).collect(),
            is_active: None,
            extra: Map::new(),
        }
    }

    /// Whether it delivers from the start; it does unless this says otherwise.
    pub fn is_active(mut self, is_active: bool) -> Self {
        self.is_active = Some(is_active);
        self
    }

    /// A setting this version of the crate does not know. One that it does know is not to be given here.
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

/// A change of a webhook. What is not named stays as it is; an update that names nothing is refused before
/// anything is sent.
///
/// ```
/// use mem0::webhooks::{WebhookEventType, WebhookUpdate};
///
/// let update = WebhookUpdate::new().name("audit").event_types([WebhookEventType::MemoryUpdate]);
/// assert_eq!(serde_json::to_string(&update)?, r#"{"name":"audit","event_types":["memory_update"]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize)]
#[must_use = "a WebhookUpdate does nothing until it is passed to `update`"]
pub struct WebhookUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<WebhookUrl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_types: Option<Vec<CallerWord<WebhookEventType>>>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl WebhookUpdate {
    /// An update that names nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its name. An empty one is refused before anything is sent.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Where it delivers to. What is no URL is refused before anything is sent.
    pub fn url(mut self, url: impl Into<WebhookUrl>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// What it is told of, in place of what it was; an empty list is sent as it is. An unknown event type is refused
    /// before anything is sent.
    pub fn event_types<I>(mut self, event_types: I) -> Self
    where
        I: IntoIterator,
        I::Item: TryInto<WebhookEventType, Error: Into<Error>>,
    {
        self.event_types = Some(event_types.into_iter().map(CallerWord::new).collect());
        self
    }

    /// A setting this version of the crate does not know. One that it does know is not to be given here.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// Whether nothing is named yet.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.url.is_none() && self.event_types.is_none() && self.extra.is_empty()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_empty() {
            return Err(Error::invalid("update", "names no setting; name at least one"));
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
        return Err(Error::invalid("name", "is empty; give the webhook a name"));
    }
    Ok(())
}

fn check_event_types(event_types: &[CallerWord<WebhookEventType>]) -> Result<()> {
    for event_type in event_types {
        match &event_type.0 {
            Ok(known) if !known.as_str().trim().is_empty() => {}
            Ok(_) => return Err(Error::invalid("event_types", "have an empty one among them; leave it out")),
            Err(message) => return Err(Error::invalid("event_types", format!("have one that {message}"))),
        }
    }
    Ok(())
}

/// A key given twice would be two keys in the body, of which a server takes the one it likes.
fn check_extra(extra: &Map<String, Value>, own: &[&str]) -> Result<()> {
    match extra.keys().find(|name| own.contains(&name.as_str())) {
        Some(name) => {
            Err(Error::invalid("set", format!("names `{name}`, which has a method of its own; call that")))
        }
        None => Ok(()),
    }
}
