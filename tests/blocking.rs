//! The suite of both flavours, in the blocking one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::prelude::v1::test as flavour_test;
use std::thread::JoinHandle;

use maybe_async::must_be_sync as maybe_async;
use mem0::blocking as flavour;
use mockito::{Mock, Server, ServerGuard};
use std::time::Duration;

fn server() -> ServerGuard {
    Server::new()
}

fn created(mock: Mock) -> Mock {
    mock.create()
}

fn checked(mock: &Mock) {
    mock.assert();
}

/// Waits until the server has every request that is expected.
fn has_matched(mock: &Mock) {
    for _ in 0..6000 {
        if mock.matched() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the server was not asked as often as expected");
}

/// Makes a call beside the test's own.
macro_rules! beside {
    ($call:expr) => {
        std::thread::spawn(move || $call)
    };
}

fn joined<V>(handle: JoinHandle<V>) -> V {
    handle.join().unwrap()
}

#[path = "flavour/iterator.rs"]
mod iterator;
mod suite;
