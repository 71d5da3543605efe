//! Deliveries to webhooks.

pub(crate) mod courier;
pub(crate) mod delivery;
