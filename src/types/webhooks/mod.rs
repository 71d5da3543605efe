//! Webhooks, and the deliveries that they send to your server.
//!
//! The calls are on `WebhooksApi`, which `client.webhooks(project_id)` and `ProjectApi::webhooks` return.

mod webhook;
mod webhook_delivery;

pub use webhook::*;
pub use webhook_delivery::*;

pub use crate::ids::WebhookId;
