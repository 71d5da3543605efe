//! Test servers and proxies, shared with the SDK.
#![allow(dead_code)]

#[path = "../../../../../tests/network/origin.rs"]
pub(crate) mod origin;
#[path = "../../../../../tests/network/proxy.rs"]
pub(crate) mod proxy;
