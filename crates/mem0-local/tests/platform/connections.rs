//! Idle, slow and too many connections. The limits are short, and no test measures a time.

use std::time::Duration;

use mem0_local::{Fault, LocalPlatform, LocalPlatformBuilder, NewMemory, Operation};

use crate::ORGANIZATIONS;
use crate::raw_http::{RawConnection, request};

const SHORT: Duration = Duration::from_millis(300);

#[test]
fn idle_connection_is_closed() {
    let platform = LocalPlatform::builder().connection_timeout(SHORT).start().unwrap();
    let mut half_open = RawConnection::open(platform.url());
    half_open.send("GET /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nX-");
    let mut unresponsive = RawConnection::open(platform.url());
    let mut idle = RawConnection::open(platform.url());
    assert_eq!(idle.call("GET", "/v1/ping/", Some(platform.api_key()), "").unwrap().status, 200);
    for connection in [&mut half_open, &mut unresponsive, &mut idle] {
        // Returns before the read timeout of these sockets, which is a minute.
        let (rest, _) = connection.read_to_close();
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
    }
}

#[test]
fn stalled_body_gets_a_response() {
    let platform = LocalPlatform::builder().connection_timeout(SHORT).start().unwrap();
    for (key, status) in [(platform.api_key(), 408), ("m0-local-unknown", 401)] {
        let mut connection = RawConnection::open(platform.url());
        let head =
            format!("POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n");
        connection.send(format!("{head}Content-Length: 100\r\n\r\n{{\"name\":"));
        assert_eq!(connection.read_response(false).unwrap().status, status);
    }
}

#[test]
fn time_limit_applies_to_the_whole_body() {
    let platform = LocalPlatform::builder().connection_timeout(SHORT).start().unwrap();
    let mut connection = RawConnection::open(platform.url());
    let key = platform.api_key();
    let head = format!("POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n");
    connection.send(format!("{head}Content-Length: 100\r\n\r\n{{"));
    for _ in 0..20 {
        std::thread::sleep(SHORT / 4);
        connection.send(" ");
    }
    assert_eq!(connection.read_response(false).unwrap().status, 408);
}

#[test]
fn new_connection_waits_for_the_first_idle_one() {
    let platform = LocalPlatform::builder().max_connections(2).start().unwrap();
    platform.fail_next(Operation::Ping, Fault::delay(SHORT).times(2));
    let ping = request("GET", "/v1/ping/", Some(platform.api_key()), "");
    let mut busy: Vec<RawConnection> = (0..2).map(|_| RawConnection::open(platform.url())).collect();
    for connection in &busy {
        connection.send(&ping);
    }
    while platform.request_log().len() < 2 {
        std::thread::yield_now();
    }
    let third = std::thread::spawn({
        let mut connection = RawConnection::open(platform.url());
        let key = platform.api_key().to_owned();
        move || connection.call("GET", "/v1/ping/", Some(&key), "").unwrap().status
    });
    for connection in &mut busy {
        assert_eq!(connection.read_response(false).unwrap().status, 200);
    }
    assert_eq!(third.join().unwrap(), 200);
}

/// A platform limited to one connection, with a response that exceeds the socket buffers and whose first byte was read.
fn with_large_answer(builder: LocalPlatformBuilder) -> (LocalPlatform, RawConnection) {
    let platform = builder.max_connections(1).start().unwrap();
    // Without words, so that categorizing takes no time.
    let text = "-".repeat(200_000);
    let memories = (0..100).map(|_| NewMemory::new(&text).user("alice"));
    platform.load_memories(platform.org_id(), platform.project_id(), memories).unwrap();
    let reading = RawConnection::open(platform.url());
    let body = "{\"filters\": {\"user_id\": \"alice\"}}";
    reading.send(request("POST", "/v3/memories/?page_size=100", Some(platform.api_key()), body));
    reading.stream().peek(&mut [0]).unwrap();
    (platform, reading)
}

#[test]
fn connection_with_a_response_in_flight_is_not_evicted() {
    let (platform, mut reading) = with_large_answer(LocalPlatform::builder());
    let mut next = RawConnection::open(platform.url());
    next.send(request("GET", "/v1/ping/", Some(platform.api_key()), ""));
    // Time for the platform to look for an idle connection.
    std::thread::sleep(SHORT);
    let response = reading.read_response(false).expect("the whole answer");
    assert!(response.status == 200 && response.body.len() > 20_000_000, "{}", response.body.len());
    assert_eq!(next.read_response(false).unwrap().status, 200);
}

#[test]
fn connection_with_an_unread_response_is_evicted() {
    let builder = LocalPlatform::builder().connection_timeout(SHORT);
    let (platform, reading) = with_large_answer(builder);
    let response = RawConnection::open(platform.url()).call("GET", "/v1/ping/", Some(platform.api_key()), "");
    assert_eq!(response.unwrap().status, 200);
    drop(reading);
}

#[test]
fn half_open_requests_do_not_block_others() {
    let platform = LocalPlatform::builder().max_connections(16).start().unwrap();
    let half_open: Vec<RawConnection> = (0..100)
        .map(|_| {
            let connection = RawConnection::open(platform.url());
            connection.send("POST /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n");
            connection
        })
        .collect();
    let unfinished: Vec<RawConnection> = (0..100)
        .map(|_| {
            let connection = RawConnection::open(platform.url());
            let key = platform.api_key();
            connection
                .send(request("POST", ORGANIZATIONS, Some(key), "{\"name\": \"x\"}").trim_end_matches('}'));
            connection
        })
        .collect();
    for _ in 0..5 {
        let response =
            RawConnection::open(platform.url()).call("GET", "/v1/ping/", Some(platform.api_key()), "");
        assert_eq!(response.unwrap().status, 200);
    }
    drop((half_open, unfinished));
}

#[test]
fn large_bodies_share_a_memory_limit() {
    let platform = LocalPlatform::start().unwrap();
    let key = platform.api_key();
    let megabyte = " ".repeat(1024 * 1024);
    let mut connections = Vec::new();
    // Sixty-four fit; the others get 503 with Retry-After.
    for _ in 0..80 {
        let connection = RawConnection::open(platform.url());
        connection.send(format!(
            "POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\
             Content-Length: 9000000\r\n\r\n{megabyte}"
        ));
        connections.push(connection);
    }
    let small =
        RawConnection::open(platform.url()).call("POST", ORGANIZATIONS, Some(key), "{\"name\": \"small\"}");
    assert_eq!(small.unwrap().status, 201, "a small body is always taken");
    let refused = connections.iter_mut().rev().find_map(|connection| {
        connection.stream().set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        connection.read_response(false)
    });
    let refused = refused.expect("one of them did not fit");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
}

#[test]
fn body_without_a_valid_key_is_discarded() {
    let platform = LocalPlatform::start().unwrap();
    let large = format!("[{}{{}}]", "{\"\":0},".repeat(100_000));
    for key in [None, Some("m0-local-unknown")] {
        let response = RawConnection::open(platform.url()).call("POST", ORGANIZATIONS, key, &large).unwrap();
        assert_eq!(response.status, 401);
    }
    let requests = platform.request_log();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|entry| entry.body.is_none() && entry.status == Some(401)), "{requests:?}");
}
