//! HTTP server: connections, hosts, faults, authentication, access and the request log.

pub(crate) mod access;
pub(crate) mod activity;
pub(crate) mod connections;
pub(crate) mod fault;
pub(crate) mod fault_stream;
pub(crate) mod hosts;
pub(crate) mod request_log;
pub(crate) mod router;
pub(crate) mod server;
pub(crate) mod service;
