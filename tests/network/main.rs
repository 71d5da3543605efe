//! Both flavours behind proxies and before TLS servers with certificates of their own.
//!
//! The certificates in `certificates/` were made by openssl: `ca.pem` signed `server.pem` (localhost, 127.0.0.1,
//! mem0.test), `elsewhere.pem` (elsewhere.test) and `expired.pem` (January 2020); `other_ca.pem` signed none of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod brought;
mod callers;
mod http_proxy;
mod origin;
mod proxy;
mod settings;
mod socks_proxy;
mod trust;
