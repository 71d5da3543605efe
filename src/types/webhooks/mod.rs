//! Webhooks, and the deliveries that they send to your server.
//!
//! The calls are on `WebhooksApi`, which `client.webhooks(project_id)` and `ProjectApi::webhooks` return.

mod webhook;
mod webhook_delivery;

pub use webhook::{NewWebhook, Webhook, WebhookEventType, WebhookUpdate, WebhookUrl};
pub use webhook_delivery::{
    MemoryCategorized, MemoryEvent, MemoryEventData, WebhookDelivery, WebhookEvent, WebhookEventName,
};

pub use crate::ids::WebhookId;
