//! Start and stop of a platform.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use mem0_local::{Fault, LocalError, LocalPlatform, Operation};
use serde_json::Value;

use crate::raw_http::{RawConnection, call, request};

/// Much longer than any stop takes, and much shorter than the delays of these tests.
const PROMPTLY: Duration = Duration::from_secs(20);

/// Checks that the connections end. Another platform may reuse the port immediately.
fn stops_promptly(platform: LocalPlatform, connections: Vec<RawConnection>) {
    let start = Instant::now();
    drop(platform);
    for mut connection in connections {
        connection.read_to_close();
    }
    assert!(start.elapsed() < PROMPTLY, "{:?}", start.elapsed());
}

#[test]
fn drop_stops_a_platform_with_open_connections_and_requests_in_flight() {
    stops_promptly(LocalPlatform::start().unwrap(), Vec::new());

    let platform = LocalPlatform::start().unwrap();
    let mut idle: Vec<RawConnection> = (0..20).map(|_| RawConnection::open(platform.url())).collect();
    for connection in idle.iter_mut().take(10) {
        assert_eq!(connection.call("GET", "/v1/ping/", Some(platform.api_key()), "").unwrap().status, 200);
    }
    idle[19].send("GET /v1/ping/ HTTP/1.1\r\nHos");
    idle[18].send("POST /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{");
    stops_promptly(platform, idle);

    let platform = LocalPlatform::start().unwrap();
    platform.fail_next(Operation::Ping, Fault::delay(Duration::from_secs(3600)));
    let open_connection = RawConnection::open(platform.url());
    open_connection.send(request("GET", "/v1/ping/", Some(platform.api_key()), ""));
    assert_eq!(call(platform.url(), "GET", "/nowhere/", "", &Value::Null).status, 404);
    stops_promptly(platform, vec![open_connection]);
}

#[test]
fn stopped_platform_can_still_be_dumped() {
    let mut platform = LocalPlatform::start().unwrap();
    let mut connection = RawConnection::open(platform.url());
    assert_eq!(connection.call("GET", "/v1/ping/", Some(platform.api_key()), "").unwrap().status, 200);
    platform.stop();
    platform.stop();
    assert_eq!(connection.call("GET", "/v1/ping/", Some(platform.api_key()), ""), None);
    assert_eq!(platform.request_log().len(), 1);
    assert!(platform.dump().is_ok() && platform.create_user("ann@x.io").is_ok());
}

#[tokio::test]
async fn platform_starts_and_stops_inside_a_runtime() {
    let platform = LocalPlatform::start().unwrap();
    let client = platform.async_client().unwrap();
    assert!(client.ping().await.is_ok());
    drop(platform);
    let platform = tokio::task::spawn_blocking(|| LocalPlatform::start().unwrap()).await.unwrap();
    assert!(platform.async_client().unwrap().ping().await.is_ok());
}

#[test]
fn many_platforms_run_in_parallel_and_are_send() {
    fn can_be_shared<T: Send + Sync + 'static>(_: &T) {}
    let platforms: Vec<LocalPlatform> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..12)
            .map(|at| scope.spawn(move || LocalPlatform::builder().seed(at).start().unwrap()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    can_be_shared(&platforms[0]);
    for (at, platform) in platforms.iter().enumerate() {
        assert_eq!(call(platform.url(), "GET", "/v1/ping/", platform.api_key(), &Value::Null).status, 200);
        let next = &platforms[(at + 1) % platforms.len()];
        assert_eq!(call(next.url(), "GET", "/v1/ping/", platform.api_key(), &Value::Null).status, 401);
    }
}

#[test]
fn platform_listens_on_loopback_only_unless_allowed() {
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap();
    let error = LocalPlatform::builder().listen(address).start().unwrap_err();
    assert!(matches!(error, LocalError::Listen { address: named, .. } if named == address), "{error:?}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(!error.to_string().contains(&source), "{error}");
    assert!(error.to_string().contains("choose another address, or port 0"), "{error}");
    drop(occupied);
    // Another process may get a free port first.
    let given = (0..50).find_map(|_| {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        LocalPlatform::builder().listen(address).start().ok().map(|platform| (address, platform))
    });
    let (address, platform) = given.unwrap();
    assert_eq!(platform.url(), format!("http://{address}"));
    for open in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let open: std::net::SocketAddr = open.parse().unwrap();
        let error = LocalPlatform::builder().listen(open).start().unwrap_err();
        assert!(matches!(error, LocalError::NotLoopback { .. }), "{error:?}");
    }
    if TcpListener::bind("[::1]:0").is_ok() {
        let address: std::net::SocketAddr = "[::1]:0".parse().unwrap();
        let platform = LocalPlatform::builder().listen(address).start().unwrap();
        assert!(platform.url().starts_with("http://[::1]:"));
        assert!(platform.client().unwrap().ping().is_ok());
    }
}

/// A client cannot connect to the unspecified address, and sends keys over HTTP to loopback only.
#[test]
fn url_of_an_unspecified_address_is_loopback() {
    for (open, url) in [("0.0.0.0:0", "http://127.0.0.1:"), ("[::]:0", "http://[::1]:")] {
        if url.contains("::1") && TcpListener::bind("[::1]:0").is_err() {
            continue;
        }
        let open: std::net::SocketAddr = open.parse().unwrap();
        let platform = LocalPlatform::builder().listen(open).allow_any_address(true).start().unwrap();
        assert!(platform.url().starts_with(url), "{}", platform.url());
        assert!(platform.client().unwrap().ping().is_ok());
    }
}
