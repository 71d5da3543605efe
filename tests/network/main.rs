//! Both flavours with proxies, and with TLS servers that use test certificates.
//!
//! The certificates in `certificates/` were created with openssl: `ca.pem` signed `server.pem` (localhost, 127.0.0.1,
//! mem0.test), `elsewhere.pem` (elsewhere.test) and `expired.pem` (January 2020); `other_ca.pem` signed none of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod callers;
mod custom_clients;
mod http_proxy;
mod origin;
mod proxy;
mod settings;
mod socks_proxy;
mod trust;
