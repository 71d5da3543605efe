//! Deliveries to webhooks.

pub(crate) mod delivery;
pub(crate) mod dispatcher;
