//! What webhooks deliver.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::id::MemoryId;

open_enum! {
    /// What happened, as a delivery names it (contract 7).
    pub enum WebhookEventName("webhook event") {
        /// `ADD`: a memory was added.
        Add = "ADD",
        /// `UPDATE`: a memory changed.
        Update = "UPDATE",
        /// `DELETE`: a memory was deleted.
        Delete = "DELETE",
        /// `CATEGORIZE`: a memory was given its categories.
        Categorize = "CATEGORIZE",
    }
}

resource! {
    /// What a webhook delivers: the body of the request the platform makes to your server (contract 7).
    ///
    /// **Nothing in it proves where it comes from.** The platform signs nothing: there is no secret, no header
    /// and no number of the delivery. Have your server verify the source by other means, such as a part of the
    /// URL that nobody else knows, and read the memory from the platform before acting on what a delivery says.
    /// The same delivery may come twice, or not at all: what the platform does about lost ones is not documented.
    ///
    /// `Debug` shows no text of a memory.
    ///
    /// ```
    /// use mem0::webhooks::{WebhookDelivery, WebhookEvent};
    ///
    /// let body = br#"{"event_details":{"id":"m-1","data":{"memory":"Likes tea"},"event":"ADD"}}"#;
    /// match WebhookDelivery::from_slice(body)?.event_details {
    ///     Some(WebhookEvent::Memory(told)) => println!("{:?} {:?}", told.event, told.id),
    ///     Some(WebhookEvent::Categorized(told)) => println!("{:?} {:?}", told.memory_id, told.categories),
    ///     other => println!("something new: {other:?}"),
    /// }
    /// # Ok::<(), mem0::Error>(())
    /// ```
    pub struct WebhookDelivery {
        /// What happened. `None` where there is nothing under this name: see `extra`.
        pub event_details: WebhookEvent,
    }
}

impl WebhookDelivery {
    /// Reads the body of a delivery. A form this version does not know is no error: it is
    /// [`WebhookEvent::Other`], or in `extra`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no JSON object. The message does not repeat it.
    pub fn from_slice(body: &[u8]) -> Result<Self> {
        serde_json::from_slice(body).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::invalid("webhook delivery", format!("is no JSON object ({place}); answer it with 400"))
        })
    }
}

/// What happened, in the forms that are documented, or as it was sent.
#[derive(Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum WebhookEvent {
    /// A memory was added, changed or deleted.
    Memory(MemoryEvent),
    /// A memory was given its categories.
    Categorized(MemoryCategorized),
    /// Anything else, as it was sent: what is delivered of ingest jobs is not documented.
    Other(Value),
}

resource! {
    /// A memory was added, changed or deleted.
    pub struct MemoryEvent {
        /// The memory's identifier.
        pub id: MemoryId,
        /// What happened to it.
        pub event: WebhookEventName,
        /// What it holds. Whether a deletion tells it is not documented.
        pub data: MemoryEventData,
    }
}

resource! {
    /// What a memory holds, as a webhook is told.
    pub struct MemoryEventData {
        private {
            /// Its text.
            pub memory: String,
        }
    }
}

resource! {
    /// A memory was given its categories.
    pub struct MemoryCategorized {
        /// The memory's identifier, which has another name here than in the other deliveries.
        pub memory_id: MemoryId,
        /// `CATEGORIZE`.
        pub event: WebhookEventName,
        /// The names of its categories.
        pub categories: Vec<String>,
    }
}

impl<'de> Deserialize<'de> for WebhookEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // By reference, so that what does not fit after all can be kept as it is.
        let known = match value.get("event").and_then(Value::as_str).map(WebhookEventName::read) {
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
