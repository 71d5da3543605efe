//! A server and proxies for it, of the tests of the library.
#![allow(dead_code)]

#[path = "../../../../../tests/network/origin.rs"]
pub(crate) mod origin;
#[path = "../../../../../tests/network/proxy.rs"]
pub(crate) mod proxy;
