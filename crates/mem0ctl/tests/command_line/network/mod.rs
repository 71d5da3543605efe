//! A server and proxies for it, of the tests of the library.
#![allow(dead_code)]

#[path = "../../network/origin.rs"]
pub(crate) mod origin;
#[path = "../../network/proxy.rs"]
pub(crate) mod proxy;
