//! The suite of both flavours, in the async one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use maybe_async::must_be_async as maybe_async;
use mem0::asynchronous as flavour;
use mockito::{Mock, Server, ServerGuard};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::test as flavour_test;

async fn server() -> ServerGuard {
    Server::new_async().await
}

async fn created(mock: Mock) -> Mock {
    mock.create_async().await
}

async fn checked(mock: &Mock) {
    mock.assert_async().await;
}

/// Waits until the server has every request that is expected.
async fn has_matched(mock: &Mock) {
    for _ in 0..6000 {
        if mock.matched_async().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the server was not asked as often as expected");
}

/// Makes a call beside the test's own. That it compiles shows that the futures are `Send`.
macro_rules! beside {
    ($call:expr) => {
        tokio::spawn(async move { $call.await })
    };
}

async fn joined<V>(handle: JoinHandle<V>) -> V {
    handle.await.unwrap()
}

#[path = "flavour/stream.rs"]
mod stream;
mod suite;
