//! Deliveries to webhooks.

pub(crate) mod client;
pub(crate) mod dispatcher;
