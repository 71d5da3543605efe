//! Failed events.

use std::fmt;

use serde_json::Value;

use crate::error::CallInfo;
use crate::error::bounded::{Bounded, MAX_VALUE_LEN};
use crate::ids::EventId;
use crate::redact::{one_line, redact_keys};
use crate::types::Event;

/// Keys of the reason in an error of an event that is an object.
const REASON_KEYS: [&str; 4] = ["message", "detail", "error", "reason"];

/// Event that failed on the platform after the request that caused it was accepted.
///
/// `Display` and `Debug` show the reason of the platform, which may quote a message. They show no memories;
/// [`event`](Self::event) has them.
#[derive(Clone)]
#[non_exhaustive]
pub struct EventError {
    /// Call that read the failed event. Its [`event_id`](CallInfo::event_id) is the id of the event.
    pub call: CallInfo,
    /// Event, with the status [`Failed`](crate::events::EventStatus::Failed).
    pub event: Event,
    /// Reason of the platform in one line. API keys and e-mail addresses are redacted. `None` if the platform gave none.
    pub reason: Option<String>,
}

impl EventError {
    /// Creates an error from a failed event, for tests and for code that waits for events itself.
    ///
    /// ```
    /// use mem0::error::EventError;
    /// use mem0::events::Event;
    ///
    /// let event: Event = serde_json::from_str(r#"{"id": "e-1", "status": "FAILED", "error": "no model"}"#)?;
    /// let error = mem0::Error::from(EventError::new(event));
    /// assert_eq!(error.event_id().map(|id| id.as_str()), Some("e-1"));
    /// assert_eq!(error.message(), "event e-1 failed: no model");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn new(event: Event) -> Self {
        Self::of_call(CallInfo::default(), event, str::to_owned)
    }

    /// Creates an error for an event that `call` has read. `scrub` removes the API key from the reason.
    pub(crate) fn of_call(mut call: CallInfo, event: Event, scrub: impl Fn(&str) -> String) -> Self {
        let reason = event.error.as_ref().and_then(reason_text);
        let reason = reason.map(|text| one_line(&redact_keys(&scrub(text)))).filter(|text| !text.is_empty());
        if call.event_id.is_none() {
            call.event_id.clone_from(&event.id);
        }
        Self { call, event, reason }
    }

    fn event_id(&self) -> &str {
        self.call.event_id.as_ref().map_or("of unknown id", EventId::as_str)
    }

    pub(super) fn message(&self) -> String {
        let id = one_line(&redact_keys(self.event_id()));
        let reason = self.reason.as_deref().unwrap_or("the platform gave no reason").trim_end_matches('.');
        format!("event {} failed: {}", Bounded(&id, MAX_VALUE_LEN), Bounded(reason, MAX_VALUE_LEN))
    }
}

/// Text of a reason. Other parts of an object are left out: they are not meant for people, and may hold messages.
fn reason_text(error: &Value) -> Option<&str> {
    match error {
        Value::String(text) => Some(text),
        Value::Object(object) => REASON_KEYS.iter().find_map(|key| object.get(*key)?.as_str()),
        _ => None,
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}; check the request and the settings of the project, then send the request again",
            self.message()
        )
    }
}

impl fmt::Debug for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventError")
            .field("call", &self.call)
            .field("event", &Bounded(&self.event, MAX_VALUE_LEN))
            .field("reason", &Bounded(&self.reason, MAX_VALUE_LEN))
            .finish()
    }
}

impl std::error::Error for EventError {}

impl From<EventError> for crate::Error {
    fn from(error: EventError) -> Self {
        Self::Event(Box::new(error))
    }
}
