//! Connections that wait, send slowly, or are too many. The limits are short, and no test measures a time.

use std::time::Duration;

use mem0_local::{Fault, LocalPlatform, LocalPlatformBuilder, NewMemory, Operation};

use crate::ORGANIZATIONS;
use crate::wire::{Wire, request};

const SHORT: Duration = Duration::from_millis(300);

#[test]
fn a_connection_that_only_waits_is_closed() {
    let platform = LocalPlatform::builder().connection_timeout(SHORT).start().unwrap();
    let mut half_open = Wire::open(platform.url());
    half_open.send("GET /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nX-");
    let mut silent = Wire::open(platform.url());
    let mut idle = Wire::open(platform.url());
    assert_eq!(idle.call("GET", "/v1/ping/", Some(platform.api_key()), "").unwrap().status, 200);
    for wire in [&mut half_open, &mut silent, &mut idle] {
        // Ends, in place of the minute for which these sockets would wait.
        let (rest, _) = wire.rest();
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
    }
}

#[test]
fn a_body_that_stops_is_answered() {
    let platform = LocalPlatform::builder().connection_timeout(SHORT).start().unwrap();
    for (key, status) in [(platform.api_key(), 408), ("m0-local-unknown", 401)] {
        let mut wire = Wire::open(platform.url());
        let head =
            format!("POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n");
        wire.send(format!("{head}Content-Length: 100\r\n\r\n{{\"name\":"));
        assert_eq!(wire.answer(false).unwrap().status, status);
    }
}

#[test]
fn a_body_that_comes_byte_by_byte_has_a_limit_for_all_of_it() {
    let platform = LocalPlatform::builder().connection_timeout(SHORT).start().unwrap();
    let mut wire = Wire::open(platform.url());
    let key = platform.api_key();
    let head = format!("POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n");
    wire.send(format!("{head}Content-Length: 100\r\n\r\n{{"));
    for _ in 0..20 {
        std::thread::sleep(SHORT / 4);
        wire.send(" ");
    }
    assert_eq!(wire.answer(false).unwrap().status, 408);
}

#[test]
fn whoever_comes_when_all_are_busy_has_the_place_of_the_first_that_is_not() {
    let platform = LocalPlatform::builder().max_connections(2).start().unwrap();
    platform.fail_next(Operation::Ping, Fault::delay(SHORT).times(2));
    let ping = request("GET", "/v1/ping/", Some(platform.api_key()), "");
    let mut busy: Vec<Wire> = (0..2).map(|_| Wire::open(platform.url())).collect();
    for wire in &busy {
        wire.send(&ping);
    }
    while platform.request_log().len() < 2 {
        std::thread::yield_now();
    }
    let third = std::thread::spawn({
        let mut wire = Wire::open(platform.url());
        let key = platform.api_key().to_owned();
        move || wire.call("GET", "/v1/ping/", Some(&key), "").unwrap().status
    });
    for wire in &mut busy {
        assert_eq!(wire.answer(false).unwrap().status, 200);
    }
    assert_eq!(third.join().unwrap(), 200);
}

/// A platform with room for one connection, and on it an answer whose first byte was read of more than the system takes.
fn with_large_answer(builder: LocalPlatformBuilder) -> (LocalPlatform, Wire) {
    let platform = builder.max_connections(1).start().unwrap();
    // Without words, so that filing them takes no time.
    let text = "-".repeat(200_000);
    let memories = (0..100).map(|_| NewMemory::new(&text).user("alice"));
    platform.load_memories(platform.org_id(), platform.project_id(), memories).unwrap();
    let reading = Wire::open(platform.url());
    let body = "{\"filters\": {\"user_id\": \"alice\"}}";
    reading.send(request("POST", "/v3/memories/?page_size=100", Some(platform.api_key()), body));
    reading.stream().peek(&mut [0]).unwrap();
    (platform, reading)
}

#[test]
fn a_connection_that_is_being_answered_is_not_closed_for_another() {
    let (platform, mut reading) = with_large_answer(LocalPlatform::builder());
    let mut next = Wire::open(platform.url());
    next.send(request("GET", "/v1/ping/", Some(platform.api_key()), ""));
    // Time for the platform to look for room.
    std::thread::sleep(SHORT);
    let answer = reading.answer(false).expect("the whole answer");
    assert!(answer.status == 200 && answer.body.len() > 20_000_000, "{}", answer.body.len());
    assert_eq!(next.answer(false).unwrap().status, 200);
}

#[test]
fn an_answer_that_nobody_reads_makes_room_in_the_end() {
    let builder = LocalPlatform::builder().connection_timeout(SHORT);
    let (platform, reading) = with_large_answer(builder);
    let answer = Wire::open(platform.url()).call("GET", "/v1/ping/", Some(platform.api_key()), "");
    assert_eq!(answer.unwrap().status, 200);
    drop(reading);
}

#[test]
fn half_open_requests_do_not_lock_others_out() {
    let platform = LocalPlatform::builder().max_connections(16).start().unwrap();
    let half_open: Vec<Wire> = (0..100)
        .map(|_| {
            let wire = Wire::open(platform.url());
            wire.send("POST /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n");
            wire
        })
        .collect();
    let unfinished: Vec<Wire> = (0..100)
        .map(|_| {
            let wire = Wire::open(platform.url());
            let key = platform.api_key();
            wire.send(request("POST", ORGANIZATIONS, Some(key), "{\"name\": \"x\"}").trim_end_matches('}'));
            wire
        })
        .collect();
    for _ in 0..5 {
        let answer = Wire::open(platform.url()).call("GET", "/v1/ping/", Some(platform.api_key()), "");
        assert_eq!(answer.unwrap().status, 200);
    }
    drop((half_open, unfinished));
}

#[test]
fn large_bodies_share_what_there_is_for_them() {
    let platform = LocalPlatform::start().unwrap();
    let key = platform.api_key();
    let megabyte = " ".repeat(1024 * 1024);
    let mut wires = Vec::new();
    // Sixty-four fit, and the others are told to come again.
    for _ in 0..80 {
        let wire = Wire::open(platform.url());
        wire.send(format!(
            "POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\
             Content-Length: 9000000\r\n\r\n{megabyte}"
        ));
        wires.push(wire);
    }
    let small = Wire::open(platform.url()).call("POST", ORGANIZATIONS, Some(key), "{\"name\": \"small\"}");
    assert_eq!(small.unwrap().status, 201, "a small body is always taken");
    let refused = wires.iter_mut().rev().find_map(|wire| {
        wire.stream().set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        wire.answer(false)
    });
    let refused = refused.expect("one of them did not fit");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
}

#[test]
fn a_body_without_a_key_is_not_kept() {
    let platform = LocalPlatform::start().unwrap();
    let large = format!("[{}{{}}]", "{\"\":0},".repeat(100_000));
    for key in [None, Some("m0-local-unknown")] {
        let answer = Wire::open(platform.url()).call("POST", ORGANIZATIONS, key, &large).unwrap();
        assert_eq!(answer.status, 401);
    }
    let requests = platform.request_log();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|entry| entry.body.is_none() && entry.status == Some(401)), "{requests:?}");
}
