//! Deliveries of webhooks.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::ids::MemoryId;

open_enum! {
    /// Event named in a delivery.
    pub enum WebhookEventName("webhook event") {
        /// `ADD`: a memory was added.
        Add = "ADD",
        /// `UPDATE`: a memory was changed.
        Update = "UPDATE",
        /// `DELETE`: a memory was deleted.
        Delete = "DELETE",
        /// `CATEGORIZE`: categories were assigned to a memory.
        Categorize = "CATEGORIZE",
    }
}

resource! {
    /// Body of a webhook delivery: the request that the platform sends to your server.
    ///
    /// **Deliveries are not authenticated.** The platform sends no signature, no secret and no delivery id. Verify the source by
    /// other means, such as a secret in the URL, and read the memory from the platform before you act on a delivery. A
    /// delivery may arrive twice or not at all: the platform does not document retries.
    ///
    /// `Debug` shows no text of a memory.
    ///
    /// ```
    /// use mem0::webhooks::{WebhookDelivery, WebhookEvent};
    ///
    /// let body = br#"{"event_details":{"id":"m-1","data":{"memory":"Likes tea"},"event":"ADD"}}"#;
    /// match WebhookDelivery::from_slice(body)?.event_details {
    ///     Some(WebhookEvent::Memory(event)) => println!("{:?} {:?}", event.event, event.id),
    ///     Some(WebhookEvent::Categorized(event)) => println!("{:?} {:?}", event.memory_id, event.categories),
    ///     other => println!("unknown event: {other:?}"),
    /// }
    /// # Ok::<(), mem0::Error>(())
    /// ```
    pub struct WebhookDelivery {
        /// Event. `None` if the body has no such field; its fields are in `extra` then.
        pub event_details: WebhookEvent,
    }
}

impl WebhookDelivery {
    /// Parses the body of a delivery. An event of unknown shape is [`WebhookEvent::Other`]; unknown fields are in `extra`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the body is not a JSON object. The message does not repeat the body.
    pub fn from_slice(body: &[u8]) -> Result<Self> {
        serde_json::from_slice(body).map_err(|error| {
            let position = format!("line {}, column {}", error.line(), error.column());
            Error::invalid(
                "webhook delivery",
                format!("is not a JSON object ({position}); respond with status 400"),
            )
        })
    }
}

/// Event of a delivery, in a documented shape or as raw JSON.
#[derive(Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum WebhookEvent {
    /// A memory was added, changed or deleted.
    Memory(MemoryEvent),
    /// Categories were assigned to a memory.
    Categorized(MemoryCategorized),
    /// Any other event, unchanged. The platform does not document the deliveries of ingest jobs.
    Other(Value),
}

resource! {
    /// Event of a memory that was added, changed or deleted.
    pub struct MemoryEvent {
        /// Id of the memory.
        pub id: MemoryId,
        /// Kind of event.
        pub event: WebhookEventName,
        /// Content of the memory. The platform does not document whether deletions have it.
        pub data: MemoryEventData,
    }
}

resource! {
    /// Content of a memory in a delivery.
    pub struct MemoryEventData {
        private {
            /// Text of the memory.
            pub memory: String,
        }
    }
}

resource! {
    /// Event of a memory that categories were assigned to.
    pub struct MemoryCategorized {
        /// Id of the memory. The other events call it `id`.
        pub memory_id: MemoryId,
        /// `CATEGORIZE`.
        pub event: WebhookEventName,
        /// Names of the categories.
        pub categories: Vec<String>,
    }
}

impl<'de> Deserialize<'de> for WebhookEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // By reference, so that a value of another shape can be kept unchanged.
        let known = match value.get("event").and_then(Value::as_str).map(WebhookEventName::from_wire) {
            Some(WebhookEventName::Add | WebhookEventName::Update | WebhookEventName::Delete) => {
                MemoryEvent::deserialize(&value).map(Self::Memory).ok()
            }
            Some(WebhookEventName::Categorize) => {
                MemoryCategorized::deserialize(&value).map(Self::Categorized).ok()
            }
            _ => None,
        };
        Ok(known.unwrap_or(Self::Other(value)))
    }
}

impl fmt::Debug for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(event) => event.fmt(f),
            Self::Categorized(event) => event.fmt(f),
            Self::Other(_) => f.write_str("Other([hidden])"),
        }
    }
}
